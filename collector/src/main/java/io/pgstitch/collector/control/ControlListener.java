package io.pgstitch.collector.control;

import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.AvroSerializer;
import io.pgstitch.schema.ControlCommand;
import io.pgstitch.schema.ProducerGuarantees;
import io.pgstitch.schema.SchemaRegistries;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.SchemaRegistryException;
import io.pgstitch.schema.SessionReport;
import io.pgstitch.schema.TopicProvisioner;
import io.pgstitch.schema.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the control topic from its end on and answers to the sessions' topic, with a thread and
 * Kafka clients of its own: what is slow or broken here does not hold up the collection. It belongs
 * to no consumer group, since every collector has to read all commands.
 */
public final class ControlListener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlListener.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration METADATA_PATIENCE = Duration.ofSeconds(10);
  private static final Duration START_PATIENCE = Duration.ofSeconds(12);
  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(5);
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);
  private static final int ANSWER_BUFFER_BYTES = 2 * TopicProvisioner.MAX_MESSAGE_BYTES;

  private final Map<String, Object> kafka;
  private final Map<String, String> registrySettings;
  private final ControlDesk desk;
  private final LongSupplier clock;
  private final Thread thread = new Thread(this::run, "pgstitch-control");
  private final CountDownLatch listening = new CountDownLatch(1);
  private final CountDownLatch stopping = new CountDownLatch(1);
  private volatile Consumer<String, byte[]> current;
  private Producer<String, SessionReport> producer;
  private String lastComplaint = "";

  /**
   * @param kafka settings of the Kafka clients, {@code bootstrap.servers} among them
   * @param registrySettings of the schema registry's client
   * @param clock UTC nanoseconds
   */
  public ControlListener(
      Map<String, String> kafka,
      Map<String, String> registrySettings,
      ControlDesk desk,
      LongSupplier clock) {
    this.kafka = new HashMap<>(kafka);
    this.registrySettings = registrySettings;
    this.desk = desk;
    this.clock = clock;
    thread.setDaemon(true);
  }

  /**
   * Returns when every later command is heard. When Kafka does not let that happen soon, it returns
   * too, and goes on trying.
   */
  public void start() {
    thread.start();
    try {
      if (!listening.await(START_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn(
            "the control topic cannot be read yet: sessions of this host cannot be switched from"
                + " outside until it can");
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
          listen(consumer, registry);
        } catch (WakeupException closing) {
          LOG.debug("asked to stop");
        } catch (KafkaException | IllegalStateException e) {
          complain(e);
          pause();
        } finally {
          current = null;
        }
      }
      if (producer != null) {
        producer.close(CLOSE_PATIENCE);
      }
    } catch (RuntimeException e) {
      LOG.error(
          "sessions of this host can no longer be switched from outside: {}", e.toString(), e);
    }
  }

  private Consumer<String, byte[]> newConsumer() {
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.remove(ConsumerConfig.GROUP_ID_CONFIG);
    settings.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
    settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "pgstitch-control");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest");
    return new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
  }

  private void listen(Consumer<String, byte[]> consumer, SchemaRegistry registry) {
    List<TopicPartition> partitions =
        consumer.partitionsFor(Topics.CONTROL, METADATA_PATIENCE).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    if (partitions.isEmpty()) {
      throw new KafkaException("topic " + Topics.CONTROL + " does not exist");
    }
    consumer.assign(partitions);
    consumer.seekToEnd(partitions);
    partitions.forEach(partition -> consumer.position(partition, METADATA_PATIENCE));
    if (!lastComplaint.isEmpty()) {
      LOG.info("the control topic is read again");
      lastComplaint = "";
    }
    listening.countDown();
    AvroDeserializer<ControlCommand> deserializer =
        new AvroDeserializer<>(ControlCommand.class, registry);
    while (!isStopping()) {
      for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
        take(record, deserializer, registry);
      }
    }
  }

  private void take(
      ConsumerRecord<String, byte[]> record,
      AvroDeserializer<ControlCommand> deserializer,
      SchemaRegistry registry) {
    try {
      ControlCommand command = deserializer.deserialize(record.topic(), record.value());
      if (command != null) {
        desk.answer(command, clock.getAsLong()).ifPresent(report -> send(report, registry));
      }
    } catch (SerializationException | SchemaRegistryException e) {
      // Whoever sent it hears nothing and gives it again.
      LOG.error(
          "a record of {} (offset {}) is no command that can be read: {}",
          record.topic(),
          record.offset(),
          Printable.of(String.valueOf(e.getMessage())));
    } catch (WakeupException closing) {
      throw closing;
    } catch (RuntimeException e) {
      LOG.error("the command at offset {} failed: {}", record.offset(), e.toString(), e);
    }
  }

  private void send(SessionReport report, SchemaRegistry registry) {
    try {
      if (producer == null) {
        producer = newProducer(registry);
      }
      producer
          .send(new ProducerRecord<>(Topics.SESSIONS, report.getHost(), report))
          .get(METADATA_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | java.util.concurrent.TimeoutException | KafkaException e) {
      LOG.error(
          "the answer to command {} could not be sent: {}",
          Printable.of(report.getRequestId()),
          e.getMessage() == null ? e.toString() : e.getMessage());
    }
  }

  private Producer<String, SessionReport> newProducer(SchemaRegistry registry) {
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.remove("transactional.id");
    settings.put(ProducerConfig.CLIENT_ID_CONFIG, "pgstitch-control-answers");
    settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, TopicProvisioner.MAX_MESSAGE_BYTES);
    settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, ANSWER_BUFFER_BYTES);
    // An answer that comes late is worth nothing.
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 10_000);
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000);
    ProducerGuarantees.putInto(settings);
    return new KafkaProducer<>(
        settings, new StringSerializer(), new AvroSerializer<>(SessionReport.class, registry));
  }

  /** Says each trouble once, however often it comes again. */
  private void complain(RuntimeException e) {
    String complaint = e.getMessage() == null ? e.toString() : e.getMessage();
    if (!complaint.equals(lastComplaint)) {
      lastComplaint = complaint;
      LOG.warn(
          "topic {} cannot be read ({}): sessions of this host cannot be switched from outside."
              + " It is tried again; control.topic=false does without",
          Topics.CONTROL,
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
      thread.join(2 * CLOSE_PATIENCE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
