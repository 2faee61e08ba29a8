package io.pgstitch.benchmarks;

import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;

/**
 * The least that a Kafka Streams application can do: it copies the raw events to another topic.
 * {@code BROKERS APPLICATION STATE_DIRECTORY}; exactly once, with the processor's settings.
 */
public final class CopyMain {
  /** What is copied. */
  static final String INPUT = "bench.bytes";

  /** Where the copies go. */
  static final String COPIES = "bench.copies";

  private CopyMain() {}

  /** Runs until the process is stopped. */
  public static void main(String[] arguments) throws InterruptedException {
    Topology topology =
        new Topology()
            .addSource(
                "raw-events", new ByteArrayDeserializer(), new ByteArrayDeserializer(), INPUT)
            .addSink(
                "copies",
                COPIES,
                new ByteArraySerializer(),
                new ByteArraySerializer(),
                "raw-events");
    run(arguments, topology);
  }

  /** Runs a copying application until the process is stopped. */
  static void run(String[] arguments, Topology topology) throws InterruptedException {
    Properties config = new Properties();
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, arguments[1]);
    config.put(StreamsConfig.STATE_DIR_CONFIG, arguments[2]);
    config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    config.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    config.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
    config.put(ProducerConfig.BATCH_SIZE_CONFIG, 256 << 10);
    config.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
    config.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, StreamsConfig.MAX_TASK_IDLE_MS_DISABLED);
    KafkaStreams streams = new KafkaStreams(topology, config);
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close, "copy-stop"));
    streams.start();
    System.out.println("ready");
    new CountDownLatch(1).await();
  }
}
