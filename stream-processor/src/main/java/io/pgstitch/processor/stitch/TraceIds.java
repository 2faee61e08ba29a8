package io.pgstitch.processor.stitch;

import io.pgstitch.schema.Backend;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Ids that follow from the input. A trace's are 128 bits mixed from a SHA-256 of the backend's
 * identity, the start of the statement (CLOCK_MONOTONIC) and its rank among statements of that
 * nanosecond; a span's are 64 bits mixed from the trace's and the span's number in it.
 */
final class TraceIds {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.ISO_8859_1);
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private final long seedHigh;
  private final long seedLow;

  TraceIds(Backend backend) {
    ByteBuffer digest = ByteBuffer.wrap(sha256(identity(backend)));
    this.seedHigh = digest.getLong();
    this.seedLow = digest.getLong();
  }

  long high(long startNs, int sameStart) {
    long id = mix(seedHigh ^ mix(startNs + GOLDEN * sameStart));
    return id == 0 ? 1 : id;
  }

  long low(long startNs, int sameStart) {
    return mix(seedLow + GOLDEN * mix(~startNs + sameStart));
  }

  static String trace(long high, long low) {
    byte[] digits = new byte[32];
    hex(high, digits, 0);
    hex(low, digits, 16);
    return new String(digits, StandardCharsets.ISO_8859_1);
  }

  /** Number to id is one-to-one within a trace, so two spans of it never share an id. */
  static String span(long traceHigh, long traceLow, int ordinal) {
    long id = mix(traceHigh ^ (traceLow + GOLDEN * ordinal));
    byte[] digits = new byte[16];
    hex(id == 0 ? GOLDEN : id, digits, 0);
    return new String(digits, StandardCharsets.ISO_8859_1);
  }

  private static void hex(long value, byte[] digits, int offset) {
    for (int i = 15; i >= 0; i--) {
      digits[offset + i] = HEX[(int) (value & 15)];
      value >>>= 4;
    }
  }

  private static long mix(long value) {
    long z = value + GOLDEN;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  private static byte[] identity(Backend backend) {
    String text =
        String.join(
            "\0",
            backend.getCluster(),
            backend.getHost(),
            backend.getBootId(),
            Integer.toString(backend.getPid()),
            Long.toString(backend.getStartNs()));
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] sha256(byte[] input) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(input);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
