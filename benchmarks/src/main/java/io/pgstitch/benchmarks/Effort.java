package io.pgstitch.benchmarks;

/**
 * How long a run takes its time.
 *
 * @param rounds how often each pair is measured
 * @param windowMillis how long a workload is watched
 * @param warmUpMillis how long it runs before
 * @param scale by which amounts of work are divided
 */
record Effort(int rounds, long windowMillis, long warmUpMillis, int scale) {
  /** Some ten minutes for all measures. */
  static final Effort QUICK = new Effort(3, 2_000, 500, 5);

  /** What the documented table is made of. */
  static final Effort FULL = new Effort(9, 5_000, 2_000, 1);

  boolean isQuick() {
    return scale > 1;
  }
}
