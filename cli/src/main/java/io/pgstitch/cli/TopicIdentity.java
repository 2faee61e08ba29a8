package io.pgstitch.cli;

import io.pgstitch.schema.Topics;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** What names a topic for ever: one that is deleted and made again is another. */
final class TopicIdentity {
  private TopicIdentity() {}

  /**
   * Ids of a cluster and of its topic of raw events.
   *
   * @throws CommandFailure when Kafka does not answer or has no such topic
   */
  static String ofRawEvents(ControlTarget target, Duration patience) throws InterruptedException {
    try (Admin admin = KafkaConnection.open(target.kafka(), patience)) {
      String cluster = await(admin.describeCluster().clusterId(), patience);
      return cluster
          + '/'
          + await(admin.describeTopics(List.of(Topics.RAW_EVENTS)).allTopicNames(), patience)
              .get(Topics.RAW_EVENTS)
              .topicId();
    } catch (ExecutionException | TimeoutException e) {
      boolean absent = e.getCause() instanceof UnknownTopicOrPartitionException;
      throw CommandFailure.environment(
          absent
              ? "the Kafka cluster at " + target.brokers() + " has no topic " + Topics.RAW_EVENTS
              : "Kafka does not describe " + Topics.RAW_EVENTS + ": " + e.getMessage(),
          "Name the cluster that the collectors write to; this user needs DESCRIBE on the topic.",
          e);
    }
  }

  private static <T> T await(KafkaFuture<T> future, Duration patience)
      throws ExecutionException, TimeoutException, InterruptedException {
    return future.get(patience.toMillis(), TimeUnit.MILLISECONDS);
  }
}
