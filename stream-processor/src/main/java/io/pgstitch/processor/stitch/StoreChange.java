package io.pgstitch.processor.stitch;

/** What a store has to do so that it holds the stitcher's pending output. */
public final class StoreChange {
  private final long deleteFrom;
  private final long deleteTo;
  private final long chunkNumber;
  private final byte[] chunk;

  StoreChange(long deleteFrom, long deleteTo, long chunkNumber, byte[] chunk) {
    this.deleteFrom = deleteFrom;
    this.deleteTo = deleteTo;
    this.chunkNumber = chunkNumber;
    this.chunk = chunk;
  }

  /** Number of the first chunk to delete. */
  public long deleteFrom() {
    return deleteFrom;
  }

  /** Number after the last chunk to delete. */
  public long deleteTo() {
    return deleteTo;
  }

  /** Number of the chunk to add. */
  public long chunkNumber() {
    return chunkNumber;
  }

  /** Bytes of the chunk to add, null when there is none; not a copy. */
  public byte[] chunk() {
    return chunk;
  }
}
