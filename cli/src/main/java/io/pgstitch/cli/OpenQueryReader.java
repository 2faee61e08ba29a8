package io.pgstitch.cli;

import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.OpenQuery;
import io.pgstitch.schema.SchemaRegistries;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.Topics;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the topic of open queries: of each backend the newest record. Not thread-safe. */
final class OpenQueryReader implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OpenQueryReader.class);
  private static final Duration POLL = Duration.ofMillis(100);

  private final Duration patience;
  private final SchemaRegistry registry;
  private final AvroDeserializer<OpenQuery> deserializer;
  private final Consumer<String, byte[]> consumer;
  private final Map<String, OpenQuery> open = new HashMap<>();

  private OpenQueryReader(
      Duration patience, SchemaRegistry registry, Consumer<String, byte[]> consumer) {
    this.patience = patience;
    this.registry = registry;
    this.deserializer = new AvroDeserializer<>(OpenQuery.class, registry);
    this.consumer = consumer;
  }

  /**
   * Connects and reads all that is there.
   *
   * @param patience how long Kafka may take
   * @throws CommandFailure when Kafka does not answer or has not our topic
   */
  static OpenQueryReader open(ControlTarget target, Duration patience) throws InterruptedException {
    try (Admin admin = KafkaConnection.open(target.kafka(), patience)) {
      var names = admin.listTopics().names().get(patience.toMillis(), TimeUnit.MILLISECONDS);
      if (!names.contains(Topics.OPEN_QUERIES)) {
        throw CommandFailure.environment(
            "the Kafka cluster at " + target.brokers() + " has no topic " + Topics.OPEN_QUERIES,
            "Start a processor of this version there, which creates it, or create it by hand (compacted); this user needs"
                + " DESCRIBE and READ on it.");
      }
    } catch (ExecutionException | TimeoutException e) {
      throw unreadable(e);
    }
    Map<String, Object> config = new HashMap<>(target.kafka());
    config.remove("group.id");
    config.put("enable.auto.commit", false);
    config.put("isolation.level", "read_committed");
    config.put("default.api.timeout.ms", Math.toIntExact(patience.toMillis()));
    config.put("request.timeout.ms", Math.toIntExact(patience.toMillis()));
    OpenQueryReader reader =
        new OpenQueryReader(
            patience,
            SchemaRegistries.from(target.registry()),
            new KafkaConsumer<>(config, new StringDeserializer(), new ByteArrayDeserializer()));
    try {
      reader.readAll();
      return reader;
    } catch (KafkaException e) {
      reader.close();
      throw unreadable(e);
    } catch (CommandFailure e) {
      reader.close();
      throw e;
    }
  }

  private void readAll() {
    List<TopicPartition> partitions =
        consumer.partitionsFor(Topics.OPEN_QUERIES).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    long deadline = System.nanoTime() + patience.toNanos();
    while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
      if (take(POLL)) {
        deadline = System.nanoTime() + patience.toNanos();
      } else if (System.nanoTime() - deadline > 0) {
        throw unreadable(new TimeoutException("no records in time"));
      }
    }
  }

  /** Takes what comes within that time; true when anything did. */
  boolean take(Duration within) {
    boolean any = false;
    for (ConsumerRecord<String, byte[]> record : consumer.poll(within)) {
      any = true;
      take(record);
    }
    return any;
  }

  private void take(ConsumerRecord<String, byte[]> record) {
    try {
      OpenQuery query = deserializer.deserialize(record.topic(), record.value());
      if (query == null) {
        open.remove(record.key());
      } else {
        open.put(record.key(), query);
      }
    } catch (SerializationException notOurs) {
      LOG.warn("offset {} of {} is no open query", record.offset(), record.topic(), notOurs);
    }
  }

  /** What runs, in no order. */
  Collection<OpenQuery> queries() {
    return open.values();
  }

  private static CommandFailure unreadable(Exception e) {
    Throwable reason = e.getCause() == null ? e : e.getCause();
    return CommandFailure.environment(
        "Kafka did not give the open queries: "
            + (reason.getMessage() == null ? "no answer in time" : reason.getMessage()),
        "Check that this user may read "
            + Topics.OPEN_QUERIES
            + ", or give it more time with --timeout.",
        e);
  }

  @Override
  public void close() {
    consumer.close();
    registry.close();
  }
}
