package io.pgstitch.testkit;

import org.testcontainers.kafka.KafkaContainer;

/** Kafka in a container, through Testcontainers; needs a Docker engine. */
final class ContainerKafka implements KafkaUnderTest {
  private static final String IMAGE = "apache/kafka:4.2.1";

  private final KafkaContainer container;

  private ContainerKafka(KafkaContainer container) {
    this.container = container;
  }

  static ContainerKafka start() {
    KafkaContainer container = new KafkaContainer(IMAGE);
    try {
      container.start();
    } catch (RuntimeException e) {
      container.close();
      throw new IllegalStateException(
          "cannot run "
              + IMAGE
              + ": is Docker running? Without -Dkafka=container the broker runs in process",
          e);
    }
    return new ContainerKafka(container);
  }

  @Override
  public String bootstrapServers() {
    return container.getBootstrapServers();
  }

  @Override
  public void close() {
    container.close();
  }
}
