package io.pgstitch.collector.encode;

import java.util.Arrays;

/** Avro's long: zigzag, seven bits a byte, the lowest first. */
final class Varint {
  /** The most bytes of a number. */
  static final int MOST_BYTES = 10;

  private Varint() {}

  static byte[] of(long value) {
    byte[] bytes = new byte[MOST_BYTES];
    return Arrays.copyOf(bytes, write(value, bytes, 0));
  }

  /**
   * Writes a number.
   *
   * @return the offset behind it
   */
  static int write(long value, byte[] to, int at) {
    int end = at;
    long rest = value << 1 ^ value >> 63;
    while ((rest & ~0x7FL) != 0) {
      to[end++] = (byte) (rest & 0x7F | 0x80);
      rest >>>= 7;
    }
    to[end++] = (byte) rest;
    return end;
  }

  /**
   * The number at an offset.
   *
   * @throws IllegalArgumentException when none stands there
   */
  static long read(byte[] from, int at) {
    int end = end(from, at);
    long value = 0;
    for (int i = end - 1; i >= at; i--) {
      value = value << 7 | from[i] & 0x7F;
    }
    return value >>> 1 ^ -(value & 1);
  }

  /**
   * The offset behind the number at an offset.
   *
   * @throws IllegalArgumentException when none stands there
   */
  static int end(byte[] from, int at) {
    for (int i = Math.max(0, at); i < from.length && i < at + MOST_BYTES; i++) {
      if (from[i] >= 0) {
        return i + 1;
      }
    }
    throw new IllegalArgumentException("no number at offset " + at);
  }
}
