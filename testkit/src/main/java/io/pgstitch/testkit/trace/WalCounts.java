package io.pgstitch.testkit.trace;

/** WAL that a call made. */
public record WalCounts(long records, long fullPageImages, long bytes) {
  /** None. */
  public static final WalCounts NONE = new WalCounts(0, 0, 0);

  /** The sum with others. */
  public WalCounts plus(WalCounts others) {
    return new WalCounts(
        records + others.records, fullPageImages + others.fullPageImages, bytes + others.bytes);
  }
}
