package io.pgstitch.exporter.runner;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;

/** The ids that the cluster gave to topics; asked once for each. */
public final class TopicIds {

  private final Admin admin;
  private final Map<String, String> known = new ConcurrentHashMap<>();

  /** Asks {@code admin}, which stays the caller's. */
  public TopicIds(Admin admin) {
    this.admin = admin;
  }

  /**
   * Id of the topic.
   *
   * @throws KafkaException when the brokers do not say
   */
  String of(String topic) {
    return known.computeIfAbsent(topic, this::ask);
  }

  private String ask(String topic) {
    try {
      return admin
          .describeTopics(List.of(topic))
          .allTopicNames()
          .get()
          .get(topic)
          .topicId()
          .toString();
    } catch (ExecutionException e) {
      throw new KafkaException("cannot describe topic " + topic + ": " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException("interrupted while topic " + topic + " was described", e);
    }
  }
}
