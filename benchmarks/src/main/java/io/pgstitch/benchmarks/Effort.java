package io.pgstitch.benchmarks;

/**
 * How long a run takes its time.
 *
 * @param rounds how often each pair is measured
 * @param roundsOfOtherLoads how often under other loads than the first, if less
 * @param windowMillis how long a workload is watched
 * @param warmUpMillis how long it runs before
 * @param settleSeconds how long a process of ours is under load before it is measured: what a JVM
 *     does in its first seconds, compiling above all, is not what it costs as long as it runs
 * @param scale by which amounts of work are divided
 */
record Effort(
    int rounds,
    int roundsOfOtherLoads,
    long windowMillis,
    long warmUpMillis,
    long settleSeconds,
    int scale) {
  /** Less than ten minutes for all measures, on a slow machine too. */
  static final Effort QUICK = new Effort(3, 2, 1_000, 200, 3, 5);

  /** What the documented table is made of. */
  static final Effort FULL = new Effort(9, 9, 5_000, 2_000, 15, 1);

  boolean isQuick() {
    return scale > 1;
  }
}
