package io.pgstitch.exporter.sink.file;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Oracle's identity of a statement: the last 64 bits of the MD5 of its text and a NUL.
 *
 * @param bits the 64 bits
 */
record SqlId(long bits) {

  private static final String DIGITS = "0123456789abcdfghjkmnpqrstuvwxyz";
  private static final int LENGTH = 13;
  private static final int BITS_PER_DIGIT = 5;

  /** Of a statement's text as it is written to the file. */
  static SqlId of(byte[] text) {
    MessageDigest md5;
    try {
      md5 = MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has MD5", e);
    }
    md5.update(text);
    md5.update((byte) 0);
    ByteBuffer words = ByteBuffer.wrap(md5.digest()).order(ByteOrder.LITTLE_ENDIAN);
    return new SqlId(((long) words.getInt(8) << 32) | hashOf(words.getInt(12)));
  }

  /** {@code hv}: the low 32 bits, unsigned. */
  long hash() {
    return hashOf((int) bits);
  }

  /** {@code sqlid}: thirteen base-32 digits. */
  String text() {
    char[] digits = new char[LENGTH];
    long rest = bits;
    for (int i = LENGTH - 1; i >= 0; i--) {
      digits[i] = DIGITS.charAt((int) (rest & 31));
      rest >>>= BITS_PER_DIGIT;
    }
    return new String(digits);
  }

  private static long hashOf(int word) {
    return Integer.toUnsignedLong(word);
  }
}
