package io.pgstitch.testkit.trace;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Oracle's {@code sqlid} and {@code hv} of a statement: of the MD5 of its text and a NUL, the last
 * two little-endian words.
 *
 * @param sqlId 13 base-32 digits
 * @param hash the low 32 bits
 */
record SqlIdentity(String sqlId, long hash) {
  private static final String DIGITS = "0123456789abcdfghjkmnpqrstuvwxyz";
  private static final int LENGTH = 13;

  /** Of a text that has one byte per char. */
  static SqlIdentity of(String bytes) {
    try {
      byte[] md5 =
          MessageDigest.getInstance("MD5")
              .digest((bytes + "\0").getBytes(StandardCharsets.ISO_8859_1));
      ByteBuffer words = ByteBuffer.wrap(md5).order(ByteOrder.LITTLE_ENDIAN);
      long low = Integer.toUnsignedLong(words.getInt(12));
      long bits = ((long) words.getInt(8) << 32) | low;
      StringBuilder id = new StringBuilder();
      for (int digit = LENGTH - 1; digit >= 0; digit--) {
        id.append(DIGITS.charAt((int) ((bits >>> (5 * digit)) & 31)));
      }
      return new SqlIdentity(id.toString(), low);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has MD5", e);
    }
  }
}
