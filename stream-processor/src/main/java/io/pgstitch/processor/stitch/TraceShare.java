package io.pgstitch.processor.stitch;

/**
 * Chooses a share of traces by their ids, as OpenTelemetry's consistent probability samplers do: a
 * trace is chosen when the last 56 bits of its id reach (1 - share) * 2^56. Whoever asks with the
 * same id gets the same answer, and what is chosen with a small share is chosen with each larger
 * one.
 */
final class TraceShare {
  private static final int RANDOM_DIGITS = 14;
  private static final double RANGE = 0x1p56;

  private TraceShare() {}

  /**
   * Whether a trace is in the share.
   *
   * @param traceId 32 hex digits
   * @param share 0 to 1
   */
  static boolean chooses(String traceId, double share) {
    String digits = traceId.substring(traceId.length() - RANDOM_DIGITS);
    return Long.parseLong(digits, 16) >= (long) ((1 - share) * RANGE);
  }
}
