package io.pgstitch.collector.follow;

import io.pgstitch.schema.SchemaRegistries;
import io.pgstitch.schema.SchemaRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a topic for as long as the collector runs, with a thread and a Kafka consumer of its own:
 * what is slow or broken here does not hold up the collection. It belongs to no consumer group,
 * since every collector has to read all of such a topic.
 */
public final class TopicFollower implements AutoCloseable {
  /**
   * How long a reader lets a poll wait. A record ends it at once, and so does a stop; it would wake
   * this process and a broker for nothing if it were short.
   */
  public static final Duration POLL = Duration.ofSeconds(5);

  /** How long the brokers have to say what they have. */
  public static final Duration METADATA_PATIENCE = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(TopicFollower.class);
  private static final Duration START_PATIENCE = Duration.ofSeconds(12);
  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(5);
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(10);

  private final Map<String, Object> kafka;
  private final Map<String, String> registrySettings;
  private final String topic;
  private final String withoutIt;
  private final Reader reader;
  private final Thread thread;
  private final CountDownLatch settled = new CountDownLatch(1);
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final AtomicReference<Consumer<String, byte[]>> connected = new AtomicReference<>();
  private volatile Consumer<String, byte[]> current;
  private String lastComplaint = "";

  /** What is done with a topic. */
  public interface Reader {
    /**
     * Reads until the follower stops. Called again, with another consumer, when Kafka failed it.
     *
     * @param consumer with all partitions assigned; where to begin is the reader's to say
     * @throws KafkaException when it is to be tried again
     */
    void read(
        TopicFollower follower,
        Consumer<String, byte[]> consumer,
        List<TopicPartition> partitions,
        SchemaRegistry registry);
  }

  /**
   * @param kafka settings of the Kafka clients, {@code bootstrap.servers} among them
   * @param registrySettings of the schema registry's client
   * @param from {@code earliest} or {@code latest}: where to go on when the place is gone
   * @param name of the thread and the Kafka client
   * @param withoutIt what it means that the topic cannot be read, for the log
   */
  public TopicFollower(
      Map<String, String> kafka,
      Map<String, String> registrySettings,
      String topic,
      String from,
      String name,
      String withoutIt,
      Reader reader) {
    this.kafka = new HashMap<>(kafka);
    this.kafka.remove(ConsumerConfig.GROUP_ID_CONFIG);
    this.kafka.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
    this.kafka.put(ConsumerConfig.CLIENT_ID_CONFIG, name);
    this.kafka.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, from);
    this.kafka.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    this.kafka.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    this.kafka.putIfAbsent(
        ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, Math.toIntExact(POLL.toMillis()));
    // What is measured of the reading of a few records is not worth what it costs a start.
    this.kafka.putIfAbsent(CommonClientConfigs.METRIC_REPORTER_CLASSES_CONFIG, "");
    this.kafka.putIfAbsent(ConsumerConfig.ENABLE_METRICS_PUSH_CONFIG, false);
    this.registrySettings = registrySettings;
    this.topic = topic;
    this.withoutIt = withoutIt;
    this.reader = reader;
    this.thread = new Thread(this::run, name);
    thread.setDaemon(true);
  }

  /**
   * Connects, before {@link #begin}: a client that was made to ask whether Kafka is there would
   * cost as much as this one, which stays.
   *
   * @return the topics that Kafka shows
   * @throws KafkaException when it does not answer within this time, or refuses
   */
  public Set<String> connect(Duration patience) {
    Consumer<String, byte[]> consumer = consumer();
    try {
      Set<String> topics = consumer.listTopics(patience).keySet();
      connected.set(consumer);
      return topics;
    } catch (KafkaException e) {
      closeAtOnce(consumer);
      throw e;
    }
  }

  private Consumer<String, byte[]> consumer() {
    return new KafkaConsumer<>(kafka, new StringDeserializer(), new ByteArrayDeserializer());
  }

  private Consumer<String, byte[]> connectedOrNew() {
    Consumer<String, byte[]> first = connected.getAndSet(null);
    return first == null ? consumer() : first;
  }

  /** Begins to read. */
  public void begin() {
    thread.start();
  }

  /**
   * Returns when the reader is {@link #upToDate}. When Kafka does not let that happen soon, it
   * returns too, and goes on trying: the collection does not wait for what may take hours.
   */
  public void await() {
    try {
      if (!settled.await(START_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("topic {} cannot be read yet: {}", topic, withoutIt);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The reader knows all that was written before now. */
  public void upToDate() {
    if (!lastComplaint.isEmpty()) {
      LOG.info("topic {} is read again", topic);
      lastComplaint = "";
    }
    settled.countDown();
  }

  /** Whether the reader is to return. */
  public boolean isStopping() {
    return stopping.getCount() == 0;
  }

  private void run() {
    try (SchemaRegistry registry = SchemaRegistries.from(registrySettings)) {
      while (!isStopping()) {
        try {
          readUntilItFails(registry);
        } catch (WakeupException closing) {
          LOG.debug("asked to stop");
        } catch (KafkaException | IllegalStateException e) {
          complain(e);
          settled.countDown();
          pause();
        }
      }
    } catch (RuntimeException e) {
      LOG.error("topic {} is read no more: {}", topic, withoutIt, e);
    }
  }

  private void readUntilItFails(SchemaRegistry registry) {
    Consumer<String, byte[]> consumer = connectedOrNew();
    try {
      current = consumer;
      List<TopicPartition> partitions = partitions(consumer);
      consumer.assign(partitions);
      reader.read(this, consumer, partitions, registry);
    } finally {
      current = null;
      closeAtOnce(consumer);
    }
  }

  private List<TopicPartition> partitions(Consumer<String, byte[]> consumer) {
    List<TopicPartition> partitions =
        consumer.partitionsFor(topic, METADATA_PATIENCE).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    if (partitions.isEmpty()) {
      throw new KafkaException("topic " + topic + " does not exist");
    }
    return partitions;
  }

  /** Says each trouble once, however often it comes again. */
  private void complain(RuntimeException e) {
    String complaint = e.getMessage() == null ? e.toString() : e.getMessage();
    if (!complaint.equals(lastComplaint)) {
      lastComplaint = complaint;
      LOG.warn("topic {} cannot be read ({}): {}. It is tried again", topic, complaint, withoutIt);
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
    Consumer<String, byte[]> unused = connected.getAndSet(null);
    if (unused != null) {
      closeAtOnce(unused);
    }
  }

  /**
   * There is nothing to commit and no group to leave, and the broker hears no farewell before it
   * has answered the poll that waits.
   */
  private static void closeAtOnce(Consumer<?, ?> consumer) {
    consumer.close(CloseOptions.timeout(Duration.ZERO));
  }
}
