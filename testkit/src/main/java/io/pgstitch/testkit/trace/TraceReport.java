package io.pgstitch.testkit.trace;

import java.util.List;
import java.util.Map;

/**
 * What a {@link Trace10046Validator} found.
 *
 * @param violations broken rules, in the order of the file
 * @param recordCounts records by their first words, such as {@code PARSING IN CURSOR}, {@code
 *     EXEC}, {@code WAIT}
 * @param unaccountedUs for each call the elapsed microseconds that neither CPU, waits nor recursive
 *     calls explain, ascending
 * @param explainedShare elapsed time of the calls at depth 0 and the waits between them, divided by
 *     the time from the first record to the last; 94 to 99 % in Oracle's files; NaN for a trace
 *     without duration
 */
public record TraceReport(
    List<TraceViolation> violations,
    Map<String, Integer> recordCounts,
    List<Long> unaccountedUs,
    double explainedShare) {

  /** How often a record occurs. */
  public int count(String kind) {
    return recordCounts.getOrDefault(kind, 0);
  }

  /**
   * The unaccounted time that {@code percent} of the calls do not exceed, microseconds.
   *
   * @throws IllegalStateException if the trace has no call
   */
  public long unaccountedPercentileUs(double percent) {
    if (unaccountedUs.isEmpty()) {
      throw new IllegalStateException("the trace has no call");
    }
    int rank = (int) Math.ceil(percent / 100 * unaccountedUs.size());
    return unaccountedUs.get(Math.max(0, Math.min(unaccountedUs.size(), rank) - 1));
  }
}
