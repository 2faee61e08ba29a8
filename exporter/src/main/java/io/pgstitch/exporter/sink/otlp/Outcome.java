package io.pgstitch.exporter.sink.otlp;

/**
 * What became of one request.
 *
 * @param kind what to do next
 * @param reason in words; empty when all was taken
 * @param refusedSpans for {@link Kind#TAKEN}: how many spans {@code partial_success} refused
 */
record Outcome(Kind kind, String reason, long refusedSpans) {

  /** What to do next. */
  enum Kind {
    /** The receiver has it. */
    TAKEN,
    /** Send it again later. */
    RETRY,
    /** Never send it again. */
    REJECTED,
    /** Send it in smaller pieces. */
    TOO_LARGE
  }

  static Outcome taken(long refusedSpans, String reason) {
    return new Outcome(Kind.TAKEN, reason, refusedSpans);
  }

  static Outcome retry(String reason) {
    return new Outcome(Kind.RETRY, reason, 0);
  }
}
