package io.pgstitch.collector.sampling;

import io.pgstitch.collector.control.Printable;
import io.pgstitch.collector.follow.TopicFollower;
import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.SamplingOrder;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.SchemaRegistryException;
import io.pgstitch.schema.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Follows the topic of sampling rules. While Kafka is away the rules stay as they were. */
public final class SamplingListener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SamplingListener.class);

  private final SamplingRules rules;
  private final TopicFollower follower;

  /**
   * @param kafka settings of the Kafka clients, {@code bootstrap.servers} among them
   * @param registrySettings of the schema registry's client
   * @param rules are set
   */
  public SamplingListener(
      Map<String, String> kafka, Map<String, String> registrySettings, SamplingRules rules) {
    this.rules = rules;
    this.follower =
        new TopicFollower(
            kafka,
            registrySettings,
            Topics.SAMPLING,
            "earliest",
            "pgstitch-sampling",
            "the sampling rules stay as they are, without any every statement is kept",
            this::follow);
  }

  /**
   * Connects, before {@link #begin}.
   *
   * @return the topics that Kafka shows
   * @throws KafkaException when it does not answer within this time, or refuses
   */
  public Set<String> connect(Duration patience) {
    return follower.connect(patience);
  }

  /** Begins to read; until the rules are known everything is kept. */
  public void begin() {
    follower.begin();
  }

  /** Returns when the rules are known, or cannot be soon. */
  public void await() {
    follower.await();
  }

  private void follow(
      TopicFollower following,
      Consumer<String, byte[]> consumer,
      List<TopicPartition> partitions,
      SchemaRegistry registry) {
    AvroDeserializer<SamplingOrder> deserializer =
        new AvroDeserializer<>(SamplingOrder.class, registry);
    consumer.seekToBeginning(partitions);
    Map<TopicPartition, Long> ends =
        consumer.endOffsets(partitions, TopicFollower.METADATA_PATIENCE);
    Map<String, SamplingOrder> all = new HashMap<>();
    boolean whole = false;
    while (!following.isStopping()) {
      boolean news = !whole;
      whole = partitions.stream().allMatch(p -> consumer.position(p) >= ends.get(p));
      if (whole && news) {
        // Half of them would be other rules than anyone set.
        rules.set(all);
        following.upToDate();
      }
      ConsumerRecords<String, byte[]> records = consumer.poll(TopicFollower.POLL);
      records.forEach(record -> take(record, deserializer, all));
      if (whole && !records.isEmpty()) {
        rules.set(all);
      }
    }
  }

  private static void take(
      ConsumerRecord<String, byte[]> record,
      AvroDeserializer<SamplingOrder> deserializer,
      Map<String, SamplingOrder> all) {
    try {
      SamplingOrder order = deserializer.deserialize(record.topic(), record.value());
      Optional<String> problem =
          order == null ? Optional.empty() : SamplingRules.problemOf(record.key(), order);
      if (order == null) {
        all.remove(record.key());
      } else if (problem.isPresent()) {
        throw new SerializationException(problem.get());
      } else {
        all.put(record.key(), order);
      }
    } catch (SerializationException | SchemaRegistryException e) {
      LOG.error(
          "a record of {} (offset {}) is no sampling rule and changes nothing: {}",
          record.topic(),
          record.offset(),
          Printable.of(String.valueOf(e.getMessage())));
    }
  }

  @Override
  public void close() {
    follower.close();
  }
}
