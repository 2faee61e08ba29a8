package io.pgstitch.collector.sampling;

import io.pgstitch.collector.control.Printable;
import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.SamplingOrder;
import io.pgstitch.schema.SchemaRegistries;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.SchemaRegistryException;
import io.pgstitch.schema.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the topic of sampling rules, with a thread and a Kafka consumer of its own and in no
 * group: every collector reads all of them. While Kafka is away the rules stay as they were.
 */
public final class SamplingListener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SamplingListener.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration METADATA_PATIENCE = Duration.ofSeconds(10);
  private static final Duration START_PATIENCE = Duration.ofSeconds(12);
  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(5);
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

  private final Map<String, Object> kafka;
  private final Map<String, String> registrySettings;
  private final SamplingRules rules;
  private final Thread thread = new Thread(this::run, "pgstitch-sampling");
  private final CountDownLatch known = new CountDownLatch(1);
  private final CountDownLatch stopping = new CountDownLatch(1);
  private volatile Consumer<String, byte[]> current;
  private String lastComplaint = "";

  /**
   * @param kafka settings of the Kafka clients, {@code bootstrap.servers} among them
   * @param registrySettings of the schema registry's client
   * @param rules are set
   */
  public SamplingListener(
      Map<String, String> kafka, Map<String, String> registrySettings, SamplingRules rules) {
    this.kafka = new HashMap<>(kafka);
    this.registrySettings = registrySettings;
    this.rules = rules;
    thread.setDaemon(true);
  }

  /**
   * Returns when the rules are known. When Kafka does not let that happen soon, it returns too, and
   * goes on trying: until then everything is kept.
   */
  public void start() {
    thread.start();
    try {
      if (!known.await(START_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("the sampling rules cannot be read yet: every statement is kept until they can");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isStopping() {
    return stopping.getCount() == 0;
  }

  private void run() {
    try (SchemaRegistry registry = SchemaRegistries.from(registrySettings)) {
      while (!isStopping()) {
        try (Consumer<String, byte[]> consumer = newConsumer()) {
          current = consumer;
          follow(consumer, new AvroDeserializer<>(SamplingOrder.class, registry));
        } catch (WakeupException closing) {
          LOG.debug("asked to stop");
        } catch (KafkaException | IllegalStateException e) {
          complain(e);
          known.countDown(); // The collection does not wait for what may take hours.
          pause();
        } finally {
          current = null;
        }
      }
    } catch (RuntimeException e) {
      LOG.error("the sampling rules can no longer be followed and stay: {}", e.toString(), e);
    }
  }

  private Consumer<String, byte[]> newConsumer() {
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.remove(ConsumerConfig.GROUP_ID_CONFIG);
    settings.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
    settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "pgstitch-sampling");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    return new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
  }

  private void follow(
      Consumer<String, byte[]> consumer, AvroDeserializer<SamplingOrder> deserializer) {
    List<TopicPartition> partitions =
        consumer.partitionsFor(Topics.SAMPLING, METADATA_PATIENCE).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    if (partitions.isEmpty()) {
      throw new KafkaException("topic " + Topics.SAMPLING + " does not exist");
    }
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, METADATA_PATIENCE);
    Map<String, SamplingOrder> all = new HashMap<>();
    boolean whole = false;
    while (!isStopping()) {
      boolean news = !whole;
      whole = partitions.stream().allMatch(p -> consumer.position(p) >= ends.get(p));
      if (whole && news) {
        // Half of them would be other rules than anyone set.
        publish(all);
      }
      ConsumerRecords<String, byte[]> records = consumer.poll(POLL);
      records.forEach(record -> take(record, deserializer, all));
      if (whole && !records.isEmpty()) {
        publish(all);
      }
    }
  }

  private void publish(Map<String, SamplingOrder> all) {
    if (!lastComplaint.isEmpty()) {
      LOG.info("the sampling rules are read again");
      lastComplaint = "";
    }
    rules.set(all);
    known.countDown();
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

  /** Says each trouble once, however often it comes again. */
  private void complain(RuntimeException e) {
    String complaint = e.getMessage() == null ? e.toString() : e.getMessage();
    if (!complaint.equals(lastComplaint)) {
      lastComplaint = complaint;
      LOG.warn(
          "topic {} cannot be read ({}): the sampling rules stay as they are, without any every"
              + " statement is kept. It is tried again",
          Topics.SAMPLING,
          complaint);
    }
  }

  private void pause() {
    try {
      // Ends at once when it is asked to stop; otherwise it is tried again.
      boolean unused = stopping.await(PAUSE_AFTER_FAILURE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    stopping.countDown();
    Consumer<String, byte[]> consumer = current;
    if (consumer != null) {
      consumer.wakeup();
    }
    try {
      thread.join(CLOSE_PATIENCE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
