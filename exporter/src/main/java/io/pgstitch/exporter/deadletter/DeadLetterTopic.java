package io.pgstitch.exporter.deadletter;

import io.pgstitch.schema.ProducerGuarantees;
import io.pgstitch.schema.TopicProvisioner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Reads the topic of dead letters, in no consumer group, and sends letters back. */
public final class DeadLetterTopic implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(200);

  /** All retries share it: of two at once, one is fenced before it can send anything twice. */
  private static final String TRANSACTIONAL_ID = "pgstitch-dlq-retry";

  private final String topic;
  private final Map<String, String> kafka;
  private final Duration patience;
  private final KafkaConsumer<byte[], byte[]> consumer;

  /**
   * Connects.
   *
   * @param topic name of the topic of dead letters
   * @param kafka settings of the clients
   * @param patience how long Kafka may be silent
   */
  public DeadLetterTopic(String topic, Map<String, String> kafka, Duration patience) {
    this.topic = topic;
    this.kafka = Map.copyOf(kafka);
    this.patience = patience;
    Map<String, Object> config = new HashMap<>();
    config.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Math.toIntExact(patience.toMillis()));
    config.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, TopicProvisioner.MAX_MESSAGE_BYTES);
    config.putAll(kafka);
    config.remove(ConsumerConfig.GROUP_ID_CONFIG);
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /**
   * All letters, oldest first in each partition.
   *
   * @throws DeadLetterException when Kafka does not give them
   */
  public List<Letter> letters() {
    Map<Position, Letter> letters = new TreeMap<>();
    List<Position> retried = new ArrayList<>();
    readAll(
        record ->
            LetterHeaders.retried(record)
                .ifPresentOrElse(
                    retried::add,
                    () -> {
                      Letter letter = LetterHeaders.letter(record);
                      letters.put(letter.position(), letter);
                    }));
    retried.forEach(
        position -> letters.computeIfPresent(position, (same, letter) -> letter.retriedOnceMore()));
    return List.copyOf(letters.values());
  }

  /**
   * One letter.
   *
   * @throws DeadLetterException when it is not there
   */
  public StoredLetter letter(Position position) {
    StoredLetter[] found = new StoredLetter[1];
    int[] retries = new int[1];
    readAll(
        record -> {
          Position at = new Position(record.partition(), record.offset());
          var mark = LetterHeaders.retried(record);
          if (mark.isPresent()) {
            retries[0] += mark.get().equals(position) ? 1 : 0;
          } else if (at.equals(position)) {
            found[0] =
                new StoredLetter(
                    LetterHeaders.letter(record),
                    record.key(),
                    record.value(),
                    List.of(record.headers().toArray()));
          }
        });
    if (found[0] == null) {
      throw DeadLetterException.refused(
          "there is no letter at " + position + " of " + topic,
          "`pgstitch dlq list` shows those there are; retention deletes the old ones.");
    }
    Letter letter = found[0].letter();
    for (int i = 0; i < retries[0]; i++) {
      letter = letter.retriedOnceMore();
    }
    return new StoredLetter(letter, found[0].key(), found[0].value(), found[0].headers());
  }

  /**
   * Sends a letter back to its topic, once: the record and the mark that it was sent are in one
   * transaction.
   *
   * @param again whether it may have been sent back before
   * @return the letter as it was before
   * @throws DeadLetterException when it was sent back before, does not say where it comes from, or
   *     Kafka does not take it
   */
  public Letter retry(Position position, boolean again) {
    try (Producer<byte[], byte[]> producer = producer()) {
      producer.initTransactions();
      // Read after that: no other retry can be between our reading and our sending.
      StoredLetter stored = letter(position);
      requireRetriable(stored.letter(), again);
      producer.beginTransaction();
      producer.send(
          new ProducerRecord<>(
              stored.letter().topic(),
              partition(producer, stored.letter()),
              null,
              stored.key(),
              stored.value(),
              LetterHeaders.ofRetry(stored)));
      producer.send(
          new ProducerRecord<>(
              topic, position.partition(), null, null, null, LetterHeaders.retriedMark(position)));
      producer.commitTransaction();
      return stored.letter();
    } catch (ProducerFencedException | InvalidProducerEpochException e) {
      throw DeadLetterException.failed(
          "another retry runs at the same time, and this one sent nothing", "Run it again.", e);
    } catch (KafkaException e) {
      throw DeadLetterException.failed(
          "Kafka did not take the letter back: " + e.getMessage(),
          "Nothing was sent. Check that this user may WRITE to its topic and to "
              + topic
              + ", and to transactional id "
              + TRANSACTIONAL_ID
              + ".",
          e);
    }
  }

  private void requireRetriable(Letter letter, boolean again) {
    if (!letter.hasOrigin()) {
      throw DeadLetterException.refused(
          "the letter at " + letter.position() + " does not say where it comes from",
          "It was not written by pgstitch; `pgstitch dlq show` prints what it is.");
    }
    if (letter.retries() > 0 && !again) {
      throw DeadLetterException.refused(
          "the letter at "
              + letter.position()
              + " was retried before, "
              + (letter.retries() == 1 ? "once" : letter.retries() + " times"),
          "Find out why it failed (`pgstitch dlq show`); then retry it with --again.");
    }
  }

  /** The partition that it was in, so that it comes behind the records of its key. */
  private static Integer partition(Producer<?, ?> producer, Letter letter) {
    List<PartitionInfo> partitions = producer.partitionsFor(letter.topic());
    return letter.partition() >= 0 && letter.partition() < partitions.size()
        ? letter.partition()
        : null;
  }

  private Producer<byte[], byte[]> producer() {
    Map<String, Object> config = new HashMap<>();
    int millis = Math.toIntExact(patience.toMillis());
    config.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, TopicProvisioner.MAX_MESSAGE_BYTES);
    config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, millis);
    config.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, millis);
    config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, millis);
    config.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    config.putAll(kafka);
    config.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, TRANSACTIONAL_ID);
    ProducerGuarantees.putInto(config);
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private void readAll(Consumer<ConsumerRecord<byte[], byte[]>> visitor) {
    try {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      if (partitions.isEmpty()) {
        throw DeadLetterException.refused(
            "the Kafka cluster has no topic " + topic,
            "Name the cluster, or with --config the processor's or exporter's properties file.");
      }
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      long deadline = System.nanoTime() + patience.toNanos();
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
        records.forEach(visitor);
        if (!records.isEmpty()) {
          deadline = System.nanoTime() + patience.toNanos();
        } else if (System.nanoTime() - deadline > 0) {
          throw DeadLetterException.failed(
              "Kafka gave nothing of " + topic + " for " + patience.toSeconds() + " s",
              "Check that the brokers run.",
              null);
        }
      }
    } catch (KafkaException e) {
      throw DeadLetterException.failed(
          "Kafka does not give " + topic + ": " + e.getMessage(),
          "Check that this user may READ and DESCRIBE it.",
          e);
    }
  }

  @Override
  public void close() {
    consumer.close();
  }
}
