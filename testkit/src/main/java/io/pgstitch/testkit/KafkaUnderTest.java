package io.pgstitch.testkit;

import java.nio.file.Path;

/** The one place from which integration tests take their broker. */
public interface KafkaUnderTest extends AutoCloseable {

  /**
   * Starts a broker: the in-process one by default, {@code apache/kafka} in a container with {@code
   * -Dkafka=container}.
   *
   * @param dir where the in-process broker keeps its data; a container ignores it
   * @throws IllegalArgumentException if the system property {@code kafka} has another value than
   *     {@code embedded} or {@code container}
   * @throws IllegalStateException if the broker does not start
   */
  static KafkaUnderTest start(Path dir) {
    String kind = System.getProperty("kafka", "embedded");
    return switch (kind) {
      case "embedded" -> EmbeddedKafka.start(dir);
      case "container" -> ContainerKafka.start();
      default ->
          throw new IllegalArgumentException(
              "-Dkafka=" + kind + " is unknown; use -Dkafka=embedded or -Dkafka=container");
    };
  }

  /** Host and port for {@code bootstrap.servers}. */
  String bootstrapServers();

  @Override
  void close();
}
