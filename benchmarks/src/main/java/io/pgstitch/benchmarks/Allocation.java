package io.pgstitch.benchmarks;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.function.LongSupplier;

/** What work allocates on the thread that does it. */
final class Allocation {
  private static final int WARM_UP = 50;

  private Allocation() {}

  /**
   * Bytes for each of the items that the work says it did, when it has been done often before.
   *
   * @param work returns how many items it did
   */
  static double each(LongSupplier work) {
    long warmUp = 0;
    for (int i = 0; i < WARM_UP; i++) {
      warmUp += work.getAsLong();
    }
    if (warmUp == 0) {
      throw new IllegalArgumentException("the work did nothing");
    }
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    long items = work.getAsLong();
    return (double) (threads.getCurrentThreadAllocatedBytes() - before) / items;
  }
}
