package io.pgstitch.collector;

import io.pgstitch.schema.TopicPlan;
import io.pgstitch.schema.TopicProvisioner;
import io.pgstitch.schema.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InterruptException;

/** Sees to it that Kafka is there and has the topics that a collector needs. */
final class KafkaTopics {
  private static final Duration REACHABLE_WITHIN = Duration.ofSeconds(15);

  private KafkaTopics() {}

  /**
   * Looks, and creates what is missing if it may.
   *
   * @param shown connects, and returns the topics that Kafka shows; it is given the time that this
   *     may take
   * @throws CollectorException when Kafka cannot be used
   */
  static void provide(CollectorSettings settings, Function<Duration, Set<String>> shown) {
    Set<String> there;
    try {
      there = shown.apply(REACHABLE_WITHIN);
    } catch (InterruptException e) {
      throw interrupted(e);
    } catch (KafkaException e) {
      throw unreachable(settings.kafka(), e);
    }
    if (!there.containsAll(settings.createTopics() ? Topics.all() : List.of(Topics.RAW_EVENTS))) {
      provide(settings);
    }
  }

  /** With a client that may create topics, and hears why one cannot be used. */
  private static void provide(CollectorSettings settings) {
    Map<String, Object> config = new HashMap<>(settings.kafka());
    config.put("client.id", "pgstitch-collector-admin");
    try (Admin admin = admin(config)) {
      admin.describeCluster().nodes().get(REACHABLE_WITHIN.toSeconds(), TimeUnit.SECONDS);
      if (settings.createTopics()) {
        TopicProvisioner.ensure(
            admin,
            new TopicPlan(settings.partitions(), settings.replication(), settings.rawRetention()));
      } else {
        requireTopic(admin);
      }
    } catch (ExecutionException | TimeoutException e) {
      throw unreachable(config, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw interrupted(e);
    }
  }

  private static CollectorException interrupted(Exception e) {
    return new CollectorException("interrupted while connecting to Kafka", e);
  }

  private static Admin admin(Map<String, Object> config) {
    try {
      return Admin.create(config);
    } catch (KafkaException e) {
      throw unreachable(config, e);
    }
  }

  private static CollectorException unreachable(Map<String, ?> config, Exception e) {
    return new CollectorException(
        "Kafka is not reachable at "
            + config.get("bootstrap.servers")
            + ". Check the addresses (kafka.bootstrap.servers or --kafka), that the brokers run and"
            + " advertise addresses this host can reach, and the kafka.security.* settings",
        e);
  }

  private static void requireTopic(Admin admin)
      throws ExecutionException, TimeoutException, InterruptedException {
    try {
      int partitions =
          admin
              .describeTopics(List.of(Topics.RAW_EVENTS))
              .allTopicNames()
              .get(REACHABLE_WITHIN.toSeconds(), TimeUnit.SECONDS)
              .get(Topics.RAW_EVENTS)
              .partitions()
              .size();
      if (partitions == 0) {
        throw new CollectorException("topic " + Topics.RAW_EVENTS + " has no partitions");
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ApiException refusal) {
        throw new CollectorException(
            "topic "
                + Topics.RAW_EVENTS
                + " cannot be used ("
                + refusal.getMessage()
                + "): create it, or set topic.create=true; the user needs DESCRIBE and WRITE",
            refusal);
      }
      throw e;
    }
  }
}
