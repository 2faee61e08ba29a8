package io.pgstitch.collector.bind;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.ByteBuffer;

/**
 * Integers and floating point numbers: int.c, int8.c, float.c; the shortest digits that give the
 * same number back, as d2s.c and f2s.c of PostgreSQL's src/common print them.
 */
final class NumberFormats {
  private static final BigDecimal TWO = BigDecimal.valueOf(2);
  private static final int FLOAT8_DIGITS = 17;
  private static final int FLOAT4_DIGITS = 9;

  /** Exponents from which on the scientific form is printed. */
  private static final int FLOAT8_SCIENTIFIC = 15;

  private static final int FLOAT4_SCIENTIFIC = 6;
  private static final int SMALLEST_PLAIN = -4;

  private NumberFormats() {}

  static String bool(ByteBuffer value) {
    return value.get() != 0 ? "t" : "f";
  }

  static String int2(ByteBuffer value) {
    return Short.toString(value.getShort());
  }

  static String int4(ByteBuffer value) {
    return Integer.toString(value.getInt());
  }

  static String int8(ByteBuffer value) {
    return Long.toString(value.getLong());
  }

  static String unsigned4(ByteBuffer value) {
    return Integer.toUnsignedString(value.getInt());
  }

  static String unsigned8(ByteBuffer value) {
    return Long.toUnsignedString(value.getLong());
  }

  static String float4(ByteBuffer value) {
    float f = value.getFloat();
    if (Float.isNaN(f) || Float.isInfinite(f)) {
      return Float.toString(f);
    }
    float size = Math.abs(f);
    BigDecimal exact = new BigDecimal(size);
    BigDecimal below = size == 0 ? exact : between(exact, new BigDecimal(Math.nextDown(size)));
    float next = Math.nextUp(size);
    BigDecimal above =
        Float.isInfinite(next)
            ? exact.add(exact.subtract(below))
            : between(exact, new BigDecimal(next));
    boolean minus = Float.floatToRawIntBits(f) < 0;
    return print(minus, shortest(exact, below, above, FLOAT4_DIGITS), FLOAT4_SCIENTIFIC);
  }

  static String float8(ByteBuffer value) {
    double d = value.getDouble();
    if (Double.isNaN(d) || Double.isInfinite(d)) {
      return Double.toString(d);
    }
    double size = Math.abs(d);
    BigDecimal exact = new BigDecimal(size);
    BigDecimal below = size == 0 ? exact : between(exact, new BigDecimal(Math.nextDown(size)));
    double next = Math.nextUp(size);
    BigDecimal above =
        Double.isInfinite(next)
            ? exact.add(exact.subtract(below))
            : between(exact, new BigDecimal(next));
    boolean minus = Double.doubleToRawLongBits(d) < 0;
    return print(minus, shortest(exact, below, above, FLOAT8_DIGITS), FLOAT8_SCIENTIFIC);
  }

  private static BigDecimal between(BigDecimal a, BigDecimal b) {
    return a.add(b).divide(TWO);
  }

  /** The number with the fewest digits strictly between two bounds, the nearest of these. */
  private static BigDecimal shortest(
      BigDecimal exact, BigDecimal below, BigDecimal above, int most) {
    if (exact.signum() == 0) {
      return BigDecimal.ZERO;
    }
    for (int digits = 1; digits <= most; digits++) {
      BigDecimal best = null;
      for (RoundingMode mode :
          new RoundingMode[] {RoundingMode.HALF_EVEN, RoundingMode.DOWN, RoundingMode.UP}) {
        BigDecimal candidate = exact.round(new MathContext(digits, mode));
        if (candidate.compareTo(below) > 0
            && candidate.compareTo(above) < 0
            && (best == null || distance(candidate, exact).compareTo(distance(best, exact)) < 0)) {
          best = candidate;
        }
      }
      if (best != null) {
        return best;
      }
    }
    return exact;
  }

  private static BigDecimal distance(BigDecimal a, BigDecimal b) {
    return a.subtract(b).abs();
  }

  private static String print(boolean minus, BigDecimal size, int scientificFrom) {
    String sign = minus ? "-" : "";
    if (size.signum() == 0) {
      return sign + "0";
    }
    BigDecimal stripped = size.stripTrailingZeros();
    String digits = stripped.unscaledValue().toString();
    int exponent = digits.length() - 1 - stripped.scale();
    if (exponent >= SMALLEST_PLAIN && exponent < scientificFrom) {
      return sign + stripped.toPlainString();
    }
    String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
    String power = (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    return sign + digits.charAt(0) + fraction + "e" + (exponent < 0 ? "-" : "+") + power;
  }
}
