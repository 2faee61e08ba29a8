package io.pgstitch.processor.stitch;

import java.nio.ByteBuffer;

/**
 * How long a query's runs took: a histogram of four buckets to each power of two of microseconds.
 * When it has a thousand runs all counts are halved, so that the last thousand or so decide,
 * without a clock. The same runs in the same order give the same answers on every machine: there is
 * no floating point in it.
 */
public final class QueryHistory {
  /** Runs before anything is called usual. */
  public static final int ENOUGH = 30;

  private static final int MOST = 1000;
  private static final long US_NS = 1000;
  private static final int BITS_WITHIN = 2;
  private static final int BUCKETS = Long.SIZE << BITS_WITHIN;
  private static final int ENTRY_BYTES = 1 + Short.BYTES;

  private final int[] counts = new int[BUCKETS];
  private int runs;

  /** Without a run. */
  public QueryHistory() {}

  /** As {@link #bytes} saved it. */
  public QueryHistory(ByteBuffer saved) {
    while (saved.hasRemaining()) {
      int bucket = saved.get() & 0xff;
      counts[bucket] = saved.getShort();
      runs += counts[bucket];
    }
  }

  /** A run took so many nanoseconds. */
  public void add(long ns) {
    counts[bucket(ns)]++;
    runs++;
    if (runs >= MOST) {
      runs = 0;
      for (int i = 0; i < BUCKETS; i++) {
        counts[i] /= 2;
        runs += counts[i];
      }
    }
  }

  /**
   * What 95 of 100 runs did not exceed, to a quarter above, nanoseconds; -1 while too few runs were
   * seen.
   */
  public long usualNs() {
    if (runs < ENOUGH) {
      return -1;
    }
    int below = 0;
    int bucket = -1;
    while (below * 100L < runs * 95L) {
      bucket++;
      below += counts[bucket];
    }
    return Math.min(ceilingUs(bucket), Long.MAX_VALUE / US_NS) * US_NS;
  }

  /**
   * What {@link #QueryHistory(ByteBuffer)} reads: three bytes for each bucket that is not empty.
   */
  public byte[] bytes() {
    int used = 0;
    for (int count : counts) {
      used += count == 0 ? 0 : 1;
    }
    ByteBuffer saved = ByteBuffer.allocate(used * ENTRY_BYTES);
    for (int i = 0; i < BUCKETS; i++) {
      if (counts[i] != 0) {
        saved.put((byte) i).putShort((short) counts[i]);
      }
    }
    return saved.array();
  }

  /** Microseconds below 4 have a bucket each, above that the two bits below the highest count. */
  private static int bucket(long ns) {
    long us = Math.max(0, ns) / US_NS;
    if (us < 1 << BITS_WITHIN) {
      return (int) us;
    }
    int log = Long.SIZE - 1 - Long.numberOfLeadingZeros(us);
    return (log << BITS_WITHIN) + ((int) (us >>> (log - BITS_WITHIN)) & 3);
  }

  /** The first microsecond above a bucket. */
  private static long ceilingUs(int bucket) {
    int log = bucket >>> BITS_WITHIN;
    return log < BITS_WITHIN ? bucket + 1L : (4L + (bucket & 3) + 1) << (log - BITS_WITHIN);
  }
}
