package io.pgstitch.collector;

import io.pgstitch.collector.encode.EncodedBatch;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SchemaRegistries;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.TopicPlan;
import io.pgstitch.schema.TopicProvisioner;
import io.pgstitch.schema.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands batches to Kafka. While Kafka is away they wait in the producer's memory; when that is full
 * the caller waits, the kernel's ring fills, and what does not fit is counted as lost there.
 */
final class BatchSender implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BatchSender.class);
  private static final Duration REACHABLE_WITHIN = Duration.ofSeconds(15);

  private final KafkaProducer<byte[], byte[]> producer;
  private final SchemaRegistry registry;
  private final int schemaId;
  private final LongAdder sent = new LongAdder();
  private final LongAdder acknowledged = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder events = new LongAdder();

  /**
   * Connects.
   *
   * @throws CollectorException when Kafka or the schema registry cannot be reached
   */
  BatchSender(CollectorSettings settings) {
    provision(settings);
    this.registry = SchemaRegistries.from(settings.schemaRegistry());
    this.schemaId = registry.idOf(Topics.RAW_EVENTS + "-value", RawEventBatch.getClassSchema());
    this.producer =
        new KafkaProducer<>(
            producerConfig(settings.kafka()), new ByteArraySerializer(), new ByteArraySerializer());
    // Asked now, so that the first batch does not wait for it while events pile up.
    LOG.debug("{} has {} partitions", Topics.RAW_EVENTS, partitions());
  }

  private static Map<String, Object> producerConfig(Map<String, String> given) {
    Map<String, Object> config = new HashMap<>();
    config.put("acks", "all");
    config.put("enable.idempotence", "true");
    config.put("compression.type", "lz4");
    config.put("linger.ms", "5");
    config.put("batch.size", "262144");
    config.put("max.request.size", String.valueOf(TopicProvisioner.MAX_MESSAGE_BYTES));
    config.put("buffer.memory", "134217728");
    // Nothing is given up while Kafka is away: see the class comment.
    config.put("delivery.timeout.ms", String.valueOf(Integer.MAX_VALUE));
    config.put("max.block.ms", String.valueOf(Long.MAX_VALUE));
    config.put("client.id", "pgstitch-collector");
    config.putAll(given);
    return config;
  }

  private static void provision(CollectorSettings settings) {
    Map<String, Object> config = new HashMap<>(settings.kafka());
    config.put("client.id", "pgstitch-collector-admin");
    try (Admin admin = Admin.create(config)) {
      admin.describeCluster().nodes().get(REACHABLE_WITHIN.toSeconds(), TimeUnit.SECONDS);
      if (settings.createTopics()) {
        TopicProvisioner.ensure(
            admin,
            new TopicPlan(settings.partitions(), settings.replication(), settings.rawRetention()));
      }
    } catch (ExecutionException | TimeoutException e) {
      throw new CollectorException(
          "Kafka is not reachable at "
              + settings.kafka().get("bootstrap.servers")
              + ": start the brokers or correct kafka.bootstrap.servers (--kafka)",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CollectorException("interrupted while connecting to Kafka", e);
    }
  }

  private int partitions() {
    return producer.partitionsFor(Topics.RAW_EVENTS).size();
  }

  int schemaId() {
    return schemaId;
  }

  void send(EncodedBatch batch) {
    sent.increment();
    bytes.add(batch.value().length);
    events.add(batch.events());
    // The callback hears of every outcome.
    Future<RecordMetadata> unused =
        producer.send(
            new ProducerRecord<>(
                Topics.RAW_EVENTS,
                null,
                batch.utcMillis(),
                batch.key().getBytes(StandardCharsets.UTF_8),
                batch.value()),
            (metadata, error) -> {
              if (error == null) {
                acknowledged.increment();
              } else {
                failed.increment();
                LOG.error(
                    "Kafka refused a batch of {} events of {}: {}; its traces will be marked",
                    batch.events(),
                    batch.key(),
                    error.getMessage());
              }
            });
  }

  long batches() {
    return sent.sum();
  }

  long acknowledged() {
    return acknowledged.sum();
  }

  long failed() {
    return failed.sum();
  }

  long bytes() {
    return bytes.sum();
  }

  long events() {
    return events.sum();
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(30));
    registry.close();
  }
}
