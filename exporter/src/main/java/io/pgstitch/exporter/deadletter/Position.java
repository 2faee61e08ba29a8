package io.pgstitch.exporter.deadletter;

import java.util.Optional;

/**
 * Where a letter stands in the topic of dead letters; written {@code PARTITION:OFFSET}.
 *
 * @param partition its partition
 * @param offset its offset there
 */
public record Position(int partition, long offset) implements Comparable<Position> {
  /** Reads {@code PARTITION:OFFSET}, or an offset alone, which is in partition 0. */
  public static Optional<Position> of(String text) {
    int colon = text.indexOf(':');
    try {
      int partition = colon < 0 ? 0 : Integer.parseInt(text.substring(0, colon));
      long offset = Long.parseLong(text.substring(colon + 1));
      return partition < 0 || offset < 0
          ? Optional.empty()
          : Optional.of(new Position(partition, offset));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  @Override
  public int compareTo(Position other) {
    int byPartition = Integer.compare(partition, other.partition);
    return byPartition != 0 ? byPartition : Long.compare(offset, other.offset);
  }

  @Override
  public String toString() {
    return partition + ":" + offset;
  }
}
