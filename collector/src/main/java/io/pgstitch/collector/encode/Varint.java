package io.pgstitch.collector.encode;

import java.util.Arrays;

/** Avro's long: zigzag, seven bits a byte, the lowest first. */
final class Varint {
  private static final int MOST_BYTES = 10;

  private Varint() {}

  static byte[] of(long value) {
    byte[] bytes = new byte[MOST_BYTES];
    int length = 0;
    long rest = value << 1 ^ value >> 63;
    while ((rest & ~0x7FL) != 0) {
      bytes[length++] = (byte) (rest & 0x7F | 0x80);
      rest >>>= 7;
    }
    bytes[length++] = (byte) rest;
    return Arrays.copyOf(bytes, length);
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
