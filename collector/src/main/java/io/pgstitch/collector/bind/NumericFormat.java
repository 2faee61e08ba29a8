package io.pgstitch.collector.bind;

import java.nio.ByteBuffer;

/**
 * numeric: struct NumericData of numeric.c, digits of base 10000 behind a short or a long header.
 */
final class NumericFormat {
  private static final int KIND_MASK = 0xC000;
  private static final int NEGATIVE = 0x4000;
  private static final int SHORT = 0x8000;
  private static final int SPECIAL = 0xC000;
  private static final int SPECIAL_MASK = 0xF000;
  private static final int POSITIVE_INFINITY = 0xD000;
  private static final int NEGATIVE_INFINITY = 0xF000;
  private static final int SHORT_SIGN = 0x2000;
  private static final int SHORT_SCALE = 0x1F80;
  private static final int SHORT_SCALE_SHIFT = 7;
  private static final int SHORT_WEIGHT_SIGN = 0x40;
  private static final int SHORT_WEIGHT = 0x3F;
  private static final int LONG_SCALE = 0x3FFF;
  private static final int GROUP = 4;
  private static final int BASE = 10_000;

  private NumericFormat() {}

  static String print(ByteBuffer value) throws UndecodableException {
    int header = value.getShort() & 0xffff;
    boolean minus;
    int scale;
    int weight;
    switch (header & KIND_MASK) {
      case SPECIAL -> {
        return special(header);
      }
      case SHORT -> {
        minus = (header & SHORT_SIGN) != 0;
        scale = (header & SHORT_SCALE) >> SHORT_SCALE_SHIFT;
        int low = header & SHORT_WEIGHT;
        weight = (header & SHORT_WEIGHT_SIGN) != 0 ? low | ~SHORT_WEIGHT : low;
      }
      default -> {
        minus = (header & KIND_MASK) == NEGATIVE;
        scale = header & LONG_SCALE;
        weight = value.getShort();
      }
    }
    return number(minus, scale, weight, digits(value));
  }

  private static String special(int header) {
    return switch (header & SPECIAL_MASK) {
      case POSITIVE_INFINITY -> "Infinity";
      case NEGATIVE_INFINITY -> "-Infinity";
      default -> "NaN";
    };
  }

  private static int[] digits(ByteBuffer value) throws UndecodableException {
    int[] digits = new int[value.remaining() / 2];
    for (int i = 0; i < digits.length; i++) {
      digits[i] = value.getShort();
      if (digits[i] < 0 || digits[i] >= BASE) {
        throw new UndecodableException("damaged");
      }
    }
    return digits;
  }

  private static String number(boolean minus, int scale, int weight, int[] digits) {
    StringBuilder text = new StringBuilder(minus ? "-" : "");
    if (weight < 0) {
      text.append('0');
    } else {
      text.append(digit(digits, 0));
      for (int i = 1; i <= weight; i++) {
        group(text, digit(digits, i));
      }
    }
    if (scale > 0) {
      text.append('.');
      int end = text.length() + scale;
      for (int i = weight + 1; text.length() < end; i++) {
        group(text, digit(digits, i));
      }
      text.setLength(end);
    }
    return text.toString();
  }

  private static int digit(int[] digits, int place) {
    return place >= 0 && place < digits.length ? digits[place] : 0;
  }

  private static void group(StringBuilder text, int digit) {
    String printed = Integer.toString(digit);
    text.append("0".repeat(GROUP - printed.length())).append(printed);
  }
}
