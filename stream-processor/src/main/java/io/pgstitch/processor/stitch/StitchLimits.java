package io.pgstitch.processor.stitch;

/**
 * What a session may hold in memory.
 *
 * @param pendingSpans closed spans of one statement above which they go out as a part
 * @param openNested nested statements that may be open at once; above it the oldest is closed
 * @param suspended portals that may wait for their next Execute; above it the oldest is closed
 * @param cursorTexts query descriptors whose text is kept after their statement was closed
 */
public record StitchLimits(int pendingSpans, int openNested, int suspended, int cursorTexts) {
  /** Limits that a server with large traces stays well below a megabyte a session with. */
  public static final StitchLimits DEFAULT = new StitchLimits(2_000, 512, 64, 64);

  /** Checks them: all are at least 1. */
  public StitchLimits {
    if (pendingSpans < 1 || openNested < 1 || suspended < 1 || cursorTexts < 1) {
      throw new IllegalArgumentException("every limit must be at least 1");
    }
  }
}
