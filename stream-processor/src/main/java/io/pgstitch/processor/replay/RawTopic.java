package io.pgstitch.processor.replay;

import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.TopicProvisioner;
import io.pgstitch.schema.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the topic of raw events in no consumer group: nothing that it does moves the offsets of the
 * live processor or makes it rebalance.
 */
final class RawTopic implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RawTopic.class);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final String CLIENT = "pgstitch-replay";

  private final Consumer<byte[], byte[]> consumer;
  private final AvroDeserializer<RawEventBatch> deserializer;
  private final List<TopicPartition> partitions;

  /**
   * Connects.
   *
   * @param kafka settings of the clients
   * @throws ReplayException when the topic is not there or Kafka does not answer
   */
  RawTopic(Map<String, String> kafka, SchemaRegistry registry) {
    Map<String, Object> config = new HashMap<>();
    int largest = TopicProvisioner.MAX_MESSAGE_BYTES;
    config.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, largest);
    config.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 2 * largest);
    config.put(ConsumerConfig.CLIENT_ID_CONFIG, CLIENT);
    config.putAll(kafka);
    config.remove(ConsumerConfig.GROUP_ID_CONFIG);
    config.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    // What retention deletes meanwhile must be an error, not a gap.
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    deserializer = new AvroDeserializer<>(RawEventBatch.class, registry);
    try {
      partitions =
          consumer.partitionsFor(Topics.RAW_EVENTS).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .sorted((a, b) -> Integer.compare(a.partition(), b.partition()))
              .toList();
    } catch (KafkaException e) {
      consumer.close();
      throw failed(e);
    }
    if (partitions.isEmpty()) {
      consumer.close();
      throw new ReplayException(
          "the Kafka cluster has no topic " + Topics.RAW_EVENTS,
          "Give --kafka or --config the cluster that the collectors write to.",
          null);
    }
  }

  List<TopicPartition> partitions() {
    return partitions;
  }

  /** Where what is retained begins. */
  Map<TopicPartition, Long> beginnings() {
    try {
      return consumer.beginningOffsets(partitions);
    } catch (KafkaException e) {
      throw failed(e);
    }
  }

  /** Where what is committed ends now. */
  Map<TopicPartition, Long> ends() {
    try {
      return consumer.endOffsets(partitions);
    } catch (KafkaException e) {
      throw failed(e);
    }
  }

  /** Where the first record of this time or later is; those without one are not in it. */
  Map<TopicPartition, OffsetAndTimestamp> firstSince(long utcMs) {
    Map<TopicPartition, Long> times = new HashMap<>();
    partitions.forEach(partition -> times.put(partition, utcMs));
    try {
      Map<TopicPartition, OffsetAndTimestamp> found =
          new HashMap<>(consumer.offsetsForTimes(times));
      found.values().removeIf(offset -> offset == null);
      return found;
    } catch (KafkaException e) {
      throw failed(e);
    }
  }

  /** Reads some partitions from these offsets on. */
  void seek(Map<TopicPartition, Long> starts) {
    consumer.assign(starts.keySet());
    starts.forEach(consumer::seek);
  }

  /** The next records, none when none came for a moment. */
  ConsumerRecords<byte[], byte[]> poll() {
    try {
      return consumer.poll(POLL);
    } catch (OffsetOutOfRangeException e) {
      throw new ReplayException(
          "Kafka deleted raw events, by their retention, before they were read: " + e.getMessage(),
          "Begin later with --from; what was written stays, so give another --out.",
          e);
    } catch (KafkaException e) {
      throw failed(e);
    }
  }

  long position(TopicPartition partition) {
    return consumer.position(partition);
  }

  boolean reached(Map<TopicPartition, Long> ends) {
    return ends.entrySet().stream().allMatch(end -> position(end.getKey()) >= end.getValue());
  }

  /** The batch of a record; empty when it is not ours or damaged. */
  Optional<RawEventBatch> decode(ConsumerRecord<byte[], byte[]> record) {
    try {
      RawEventBatch batch = deserializer.deserialize(record.topic(), record.value());
      if (batch != null && record.key() != null) {
        return Optional.of(batch);
      }
    } catch (SerializationException e) {
      LOG.warn(
          "record {}-{}@{} is passed over: {}",
          record.topic(),
          record.partition(),
          record.offset(),
          e.getMessage());
    }
    return Optional.empty();
  }

  static ReplayException failed(KafkaException e) {
    return new ReplayException(
        "Kafka does not give the raw events: " + e.getMessage(),
        "Check that the brokers run and that this user may READ and DESCRIBE "
            + Topics.RAW_EVENTS
            + ".",
        e);
  }

  @Override
  public void close() {
    consumer.close();
  }
}
