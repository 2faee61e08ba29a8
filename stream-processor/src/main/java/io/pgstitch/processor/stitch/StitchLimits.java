package io.pgstitch.processor.stitch;

import java.time.Duration;

/**
 * What a session may hold in memory and in the store, and how long a trace may get. Together the
 * limits on texts keep a session's state below eight megabytes, whatever its statements are.
 *
 * @param pendingSpans closed spans of one statement above which they go out as a part
 * @param openNested nested statements that may be open at once; above it the oldest is closed
 * @param suspended portals that may wait for their next Execute; above it the oldest is closed
 * @param cursorTexts query descriptors whose text is kept after their statement was closed
 * @param pendingChars characters of texts and values in pending spans or records above which they
 *     go out as a part
 * @param heldChars characters that the texts and values of open nested statements may have, and
 *     those of suspended portals, and those of kept cursors; above it the oldest goes
 * @param openCalls calls of catalogue functions that may be open at once; deeper ones are left out
 * @param traceSpans spans of one trace above which it is closed and continued by another
 * @param traceAge time from a statement's start after which its trace is closed and continued
 */
public record StitchLimits(
    int pendingSpans,
    int openNested,
    int suspended,
    int cursorTexts,
    int pendingChars,
    int heldChars,
    int openCalls,
    int traceSpans,
    Duration traceAge) {
  /** Limits that a server with large traces stays well below a megabyte a session with. */
  public static final StitchLimits DEFAULT = new StitchLimits(2_000, 512, 64, 64);

  /** Checks them: all are at least 1, and the age is positive. */
  public StitchLimits {
    if (pendingSpans < 1
        || openNested < 1
        || suspended < 1
        || cursorTexts < 1
        || pendingChars < 1
        || heldChars < 1
        || openCalls < 1
        || traceSpans < 1
        || traceAge.isZero()
        || traceAge.isNegative()) {
      throw new IllegalArgumentException("every limit must be at least 1");
    }
  }

  /** With the default limits on texts, calls and whole traces. */
  public StitchLimits(int pendingSpans, int openNested, int suspended, int cursorTexts) {
    this(
        pendingSpans,
        openNested,
        suspended,
        cursorTexts,
        1 << 20,
        1 << 19,
        2_000,
        100_000_000,
        Duration.ofDays(7));
  }

  /** The same with another size of parts. */
  public StitchLimits withParts(int spans, int chars) {
    return new StitchLimits(
        spans,
        openNested,
        suspended,
        cursorTexts,
        chars,
        heldChars,
        openCalls,
        traceSpans,
        traceAge);
  }

  /** The same with other limits on whole traces. */
  public StitchLimits withTraces(int spans, Duration age) {
    return new StitchLimits(
        pendingSpans,
        openNested,
        suspended,
        cursorTexts,
        pendingChars,
        heldChars,
        openCalls,
        spans,
        age);
  }
}
