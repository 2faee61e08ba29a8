package io.pgstitch.exporter.sink;

/**
 * A decoded record and its place.
 *
 * @param <T> type of the record
 * @param partition where it comes from
 * @param offset its offset there
 * @param value the record
 */
public record SinkRecord<T>(Partition partition, long offset, T value) {
  @Override
  public String toString() {
    return partition + "@" + offset;
  }
}
