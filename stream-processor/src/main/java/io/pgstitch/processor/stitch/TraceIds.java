package io.pgstitch.processor.stitch;

import io.pgstitch.schema.Backend;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Ids that follow from the input. A trace's are 128 bits mixed from a SHA-256 of the backend's
 * identity, the start of the statement (CLOCK_MONOTONIC) and its rank among statements of that
 * nanosecond; a span's are 64 bits mixed from the trace's and the span's number in it.
 */
final class TraceIds {
  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
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
    EIGHT.set(digits, offset, eightDigits(value >>> 32));
    EIGHT.set(digits, offset + 8, eightDigits(value & 0xffffffffL));
  }

  /** The digits of 32 bits, a byte each, the first one highest. */
  private static long eightDigits(long value) {
    long halves = (value | value << 16) & 0x0000ffff0000ffffL;
    long bytes = (halves | halves << 8) & 0x00ff00ff00ff00ffL;
    long digits = (bytes | bytes << 4) & 0x0f0f0f0f0f0f0f0fL;
    long letters = (digits + 0x0606060606060606L) >>> 4 & 0x0101010101010101L;
    return digits + 0x3030303030303030L + letters * ('a' - '0' - 10);
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
