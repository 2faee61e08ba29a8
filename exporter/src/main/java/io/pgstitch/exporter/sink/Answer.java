package io.pgstitch.exporter.sink;

import java.time.Duration;
import java.util.List;

/**
 * What became of a batch. A record that is neither in {@code rejected} nor in {@code retry} nor
 * counted as duplicate was accepted, durably.
 *
 * @param <T> type of the records
 * @param rejected records that will never be accepted; they go to the dead letters
 * @param retry records that must be delivered again, in order; empty when there are none
 * @param retryAfter how long the destination wishes to be left alone; zero when it did not say
 * @param retryReason why; empty when nothing is to be retried
 * @param duplicates how many were skipped because the destination holds them already
 * @param refusedItems items inside accepted records that the destination refused without saying
 *     which (OTLP's {@code partial_success}); they are counted and never sent again
 * @param unsampled accepted records that the destination does not get, as the application does not
 *     record their trace
 */
public record Answer<T>(
    List<Rejection<T>> rejected,
    List<SinkRecord<T>> retry,
    Duration retryAfter,
    String retryReason,
    long duplicates,
    long refusedItems,
    long unsampled) {

  /**
   * A record that will never be accepted.
   *
   * @param <T> type of the record
   * @param record which
   * @param reason why, in the words of the destination
   */
  public record Rejection<T>(SinkRecord<T> record, String reason) {}

  /** Copies the lists. */
  public Answer {
    rejected = List.copyOf(rejected);
    retry = List.copyOf(retry);
  }

  /** All of the batch was accepted, {@code duplicates} of it earlier. */
  public static <T> Answer<T> accepted(long duplicates) {
    return new Answer<>(List.of(), List.of(), Duration.ZERO, "", duplicates, 0, 0);
  }

  /** The same, where {@code unsampled} of the records are not to be recorded. */
  public Answer<T> leavingOut(long unsampled) {
    return new Answer<>(
        rejected, retry, retryAfter, retryReason, duplicates, refusedItems, unsampled);
  }

  /** All of {@code records} must come again. */
  public static <T> Answer<T> retry(List<SinkRecord<T>> records, String reason) {
    return new Answer<>(List.of(), records, Duration.ZERO, reason, 0, 0, 0);
  }
}
