package io.pgstitch.cli;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;

/**
 * Waits until what stands in Kafka has been carried on: the order of a shutdown that loses nothing.
 */
final class DeliveryBarrier {
  private static final Duration POLL = Duration.ofMillis(50);
  private static final String REMEDY =
      "Nothing in Kafka is lost: start again with the same --out or --kafka, and the rest is delivered.";

  private final Admin admin;
  private final Duration patience;

  /**
   * @param patience how long one step may take
   */
  DeliveryBarrier(Admin admin, Duration patience) {
    this.admin = admin;
    this.patience = patience;
  }

  /**
   * Returns when {@code group} has committed everything that {@code topic} held at the call.
   *
   * @throws CommandFailure when it makes no progress for as long as the patience; names what is
   *     left
   */
  void awaitConsumed(String topic, String group) throws InterruptedException {
    Map<TopicPartition, Long> ends = endOffsets(topic);
    long least = Long.MAX_VALUE;
    long deadline = deadline();
    for (long lag = lag(group, ends); lag > 0; lag = lag(group, ends)) {
      if (lag < least) {
        least = lag;
        deadline = deadline();
      }
      sleepUnlessOver(deadline, group + " left " + lag + " records of " + topic + " unread");
    }
  }

  /**
   * Returns when {@code reached} says so.
   *
   * @throws CommandFailure when that does not happen within the patience; {@code unfinished} tells
   *     what was waited for
   */
  void awaitStep(String unfinished, BooleanSupplier reached) throws InterruptedException {
    long deadline = deadline();
    while (!reached.getAsBoolean()) {
      sleepUnlessOver(deadline, unfinished);
    }
  }

  private long deadline() {
    return System.nanoTime() + patience.toNanos();
  }

  private void sleepUnlessOver(long deadline, String unfinished) throws InterruptedException {
    if (System.nanoTime() - deadline > 0) {
      throw CommandFailure.failed(
          "gave up waiting after " + patience.toSeconds() + " s: " + unfinished, REMEDY);
    }
    Thread.sleep(POLL.toMillis());
  }

  /** The offsets at which reading all committed records of a topic ends now. */
  Map<TopicPartition, Long> endOffsets(String topic) throws InterruptedException {
    try {
      return askEndOffsets(topic);
    } catch (ExecutionException e) {
      throw CommandFailure.failed(
          "cannot read the offsets of " + topic + ": " + e.getCause().getMessage(), REMEDY);
    }
  }

  private Map<TopicPartition, Long> askEndOffsets(String topic)
      throws ExecutionException, InterruptedException {
    TopicDescription description =
        admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    for (TopicPartitionInfo partition : description.partitions()) {
      latest.put(new TopicPartition(topic, partition.partition()), OffsetSpec.latest());
    }
    Map<TopicPartition, Long> ends = new HashMap<>();
    Map<TopicPartition, ListOffsetsResultInfo> found =
        admin
            .listOffsets(latest, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
            .all()
            .get();
    found.forEach((partition, info) -> ends.put(partition, info.offset()));
    return ends;
  }

  private long lag(String group, Map<TopicPartition, Long> ends) {
    Map<TopicPartition, OffsetAndMetadata> committed;
    try {
      committed = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
    } catch (ExecutionException e) {
      // The coordinator moves or loads: ask again, the deadline of the step bounds it.
      return Long.MAX_VALUE;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Long.MAX_VALUE;
    }
    long lag = 0;
    for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
      OffsetAndMetadata done = committed.get(end.getKey());
      lag += Math.max(0, end.getValue() - (done == null ? 0 : done.offset()));
    }
    return lag;
  }
}
