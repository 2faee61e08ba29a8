package io.pgstitch.benchmarks;

import io.pgstitch.schema.TopicPlan;
import io.pgstitch.schema.TopicProvisioner;
import io.pgstitch.schema.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A broker in a process of its own, with the topics of pgstitch. */
final class Broker implements AutoCloseable {
  static final int PARTITIONS = 4;

  private final Child process;
  private final String address;

  private Broker(Child process, String address) {
    this.process = process;
    this.address = address;
  }

  static Broker start(Run run) throws InterruptedException {
    Path directory = run.directory("broker");
    Child process =
        Child.java("broker", directory, BrokerMain.class, directory.resolve("data").toString());
    try {
      String address = process.awaitLine("ready ").substring("ready ".length()).strip();
      Broker broker = new Broker(process, address);
      try (Admin admin = broker.admin()) {
        TopicProvisioner.ensure(admin, new TopicPlan(PARTITIONS, (short) 1, Duration.ofDays(1)));
      }
      return broker;
    } catch (InterruptedException | RuntimeException e) {
      process.close();
      throw e;
    }
  }

  String address() {
    return address;
  }

  Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", address));
  }

  /**
   * Reads raw events from where the topic ends now.
   *
   * @param patience how long the broker keeps a request that finds nothing; what comes meanwhile is
   *     answered at once. Who waits for the first event and asks all the time would take from the
   *     processors what it is waiting for
   */
  KafkaConsumer<byte[], byte[]> rawEventsFromNow(Duration patience) {
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers",
                address,
                "fetch.max.wait.ms",
                String.valueOf(patience.toMillis()),
                "max.partition.fetch.bytes",
                "16000000"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    List<TopicPartition> partitions =
        IntStream.range(0, PARTITIONS)
            .mapToObj(i -> new TopicPartition(Topics.RAW_EVENTS, i))
            .toList();
    consumer.assign(partitions);
    consumer.seekToEnd(partitions);
    partitions.forEach(consumer::position);
    return consumer;
  }

  @Override
  public void close() {
    process.close();
  }
}
