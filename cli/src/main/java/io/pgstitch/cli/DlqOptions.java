package io.pgstitch.cli;

import io.pgstitch.exporter.deadletter.DeadLetterException;
import io.pgstitch.exporter.deadletter.DeadLetterTopic;
import io.pgstitch.exporter.deadletter.Position;
import io.pgstitch.schema.Topics;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import picocli.CommandLine.Mixin;

/** What the commands for dead letters have in common. */
final class DlqOptions {
  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final String TOPIC = "errors.deadletterqueue.topic.name";

  @Mixin private KafkaOptions kafka;

  private Map<String, String> registry = Map.of();

  /** Connects to the topic; with a properties file, to the one that it names. */
  DeadLetterTopic open() throws InterruptedException {
    kafka.apply();
    ControlTarget target = kafka.target();
    registry = target.registry();
    String topic = kafka.properties().getProperty(TOPIC, Topics.DEAD_LETTERS).strip();
    try (Admin admin = KafkaConnection.open(target.kafka(), PATIENCE)) {
      return new DeadLetterTopic(topic, target.kafka(), PATIENCE);
    }
  }

  /** Settings of the schema registry's client, once it is open. */
  Map<String, String> registry() {
    return registry;
  }

  static Position position(String text) {
    return Position.of(text)
        .orElseThrow(
            () ->
                CommandFailure.usage(
                    text + " is no position",
                    "Give PARTITION:OFFSET as `pgstitch dlq list` shows it, e.g. 0:17."));
  }

  static CommandFailure failure(DeadLetterException e) {
    return e.isRefused()
        ? CommandFailure.usage(e.getMessage(), e.remedy())
        : CommandFailure.failed(e.getMessage(), e.remedy());
  }
}
