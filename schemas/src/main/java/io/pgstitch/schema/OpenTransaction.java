package io.pgstitch.schema;

import java.time.Instant;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;

/**
 * A transaction that holds up a partition: readers of committed records do not come past it.
 *
 * @param partition where it is
 * @param offset of its first record, the partition's last stable offset
 * @param waiting offsets from there to the partition's end, its own records and markers included
 * @param since when this process saw it first; it may have begun long before
 * @param writer who wrote it; empty when the user may not READ the topic
 */
public record OpenTransaction(
    TopicPartition partition, long offset, long waiting, Instant since, Optional<Writer> writer) {

  /**
   * The producer of a transaction.
   *
   * @param id its producer id
   * @param epoch its epoch
   * @param lastRecord time of its last record in the partition; where the topic has the producer's
   *     times, as the changelog has, that is the time of what the record tells of
   */
  public record Writer(long id, int epoch, Instant lastRecord) {}
}
