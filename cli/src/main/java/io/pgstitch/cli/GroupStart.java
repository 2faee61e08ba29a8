package io.pgstitch.cli;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Where consumer groups begin that have never read: at the end, as it is now. Left to the consumer
 * this would be decided when it gets its partitions, which may be after the first new record.
 */
final class GroupStart {
  private final Admin admin;
  private final DeliveryBarrier offsets;

  GroupStart(Admin admin, DeliveryBarrier offsets) {
    this.admin = admin;
    this.offsets = offsets;
  }

  /**
   * Commits the ends of a topic for a group, for each partition that it has not committed yet.
   *
   * @throws CommandFailure when Kafka refuses
   */
  void atEndUnlessKnown(String group, String topic) throws InterruptedException {
    try {
      Map<TopicPartition, OffsetAndMetadata> known =
          admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
      Map<TopicPartition, OffsetAndMetadata> start = new HashMap<>();
      offsets
          .endOffsets(topic)
          .forEach(
              (partition, end) -> {
                if (known.get(partition) == null) {
                  start.put(partition, new OffsetAndMetadata(end));
                }
              });
      if (!start.isEmpty()) {
        admin.alterConsumerGroupOffsets(group, start).all().get();
      }
    } catch (ExecutionException e) {
      throw CommandFailure.environment(
          "cannot set where consumer group "
              + group
              + " begins to read: "
              + e.getCause().getMessage(),
          "Another run with the same --out may still be alive; else check that this user may read and write that group.",
          e);
    }
  }
}
