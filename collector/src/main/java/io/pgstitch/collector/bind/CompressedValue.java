package io.pgstitch.collector.bind;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/**
 * A value that TOAST compressed in its place ({@code varattrib_4b.va_compressed}, varatt.h), as far
 * as it was read: its beginning can be unpacked without its end.
 */
final class CompressedValue {
  /** {@code va_tcinfo}: length of the value below, method above; 13 has one method, number 0. */
  private static final int LENGTH_BITS = 30;

  private static final int PGLZ = 0;
  private static final int LZ4 = 1;
  private static final int TCINFO = 4;

  /** The most that three bytes of pglz and one of LZ4 stand for: no value grows beyond. */
  private static final int GROWTH = 256;

  private final byte[] packed;
  private final int info;
  private byte[] out;
  private int size;
  private int at = TCINFO;

  private CompressedValue(byte[] packed) {
    this.packed = packed;
    this.info = ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN).getInt(0);
  }

  /**
   * Of the bytes behind the varlena's header.
   *
   * @return empty when they do not even say how long the value is
   */
  static Optional<CompressedValue> of(byte[] packed) {
    return packed.length < TCINFO ? Optional.empty() : Optional.of(new CompressedValue(packed));
  }

  /** Bytes of the value. */
  long length() {
    return info & (1 << LENGTH_BITS) - 1;
  }

  /**
   * The beginning of the value.
   *
   * @param most bytes
   * @return empty when the method is not known, or this is no such value
   */
  Optional<byte[]> unpack(int most) {
    int method = info >>> LENGTH_BITS;
    if (method != PGLZ && method != LZ4) {
      return Optional.empty();
    }
    long possible = Math.min(length(), (long) GROWTH * packed.length);
    out = new byte[(int) Math.min(most, possible)];
    size = 0;
    at = TCINFO;
    boolean valid = method == PGLZ ? pglz() : lz4();
    return valid && size > 0 ? Optional.of(Arrays.copyOf(out, size)) : Optional.empty();
  }

  /** common/pg_lzcompress.c: a byte of eight flags, then for each a byte or a copy of before. */
  private boolean pglz() {
    while (at < packed.length && size < out.length) {
      int flags = next();
      for (int i = 0; i < 8 && at < packed.length && size < out.length; i++, flags >>= 1) {
        if ((flags & 1) == 0) {
          literals(1);
          continue;
        }
        if (at + 2 > packed.length) {
          return true;
        }
        int first = next();
        int distance = (first & 0xf0) << 4 | next();
        int length = (first & 0x0f) + 3;
        if (length == 18) {
          if (at == packed.length) {
            return true;
          }
          length += next();
        }
        if (!copy(distance, length)) {
          return false;
        }
      }
    }
    return true;
  }

  /** The block format of LZ4: literals, then a copy of before, by turns. */
  private boolean lz4() {
    while (at < packed.length && size < out.length) {
      int token = next();
      literals(extended(token >> 4));
      if (at + 2 > packed.length) {
        return true;
      }
      int distance = next() | next() << 8;
      if (!copy(distance, extended(token & 0x0f) + 4)) {
        return false;
      }
    }
    return true;
  }

  private int extended(int length) {
    int whole = length;
    int more = length == 15 ? 255 : 0;
    while (more == 255 && at < packed.length) {
      more = next();
      whole += more;
    }
    return whole;
  }

  private int next() {
    return packed[at++] & 0xff;
  }

  private void literals(int count) {
    int n = Math.min(count, Math.min(packed.length - at, out.length - size));
    System.arraycopy(packed, at, out, size, n);
    at += n;
    size += n;
  }

  private boolean copy(int distance, int length) {
    if (distance == 0 || distance > size) {
      return false;
    }
    for (int i = 0; i < length && size < out.length; i++, size++) {
      out[size] = out[size - distance];
    }
    return true;
  }
}
