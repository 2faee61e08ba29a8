package io.pgstitch.collector.control;

import io.pgstitch.collector.follow.TopicFollower;
import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.AvroSerializer;
import io.pgstitch.schema.ControlCommand;
import io.pgstitch.schema.ProducerGuarantees;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.SchemaRegistryException;
import io.pgstitch.schema.SessionReport;
import io.pgstitch.schema.TopicProvisioner;
import io.pgstitch.schema.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the control topic from its end on and answers to the sessions' topic. */
public final class ControlListener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlListener.class);
  private static final Duration ANSWER_PATIENCE = Duration.ofSeconds(10);
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);
  private static final int ANSWER_BUFFER_BYTES = 2 * TopicProvisioner.MAX_MESSAGE_BYTES;

  private final Map<String, String> kafka;
  private final ControlDesk desk;
  private final LongSupplier clock;
  private final TopicFollower follower;
  private Producer<String, SessionReport> producer;

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
    this.kafka = kafka;
    this.desk = desk;
    this.clock = clock;
    this.follower =
        new TopicFollower(
            kafka,
            registrySettings,
            Topics.CONTROL,
            "latest",
            "pgstitch-control",
            "sessions of this host cannot be switched from outside; control.topic=false does"
                + " without",
            this::listen);
  }

  /** Begins to read. */
  public void begin() {
    follower.begin();
  }

  /** Returns when every later command is heard, or when that cannot be soon. */
  public void await() {
    follower.await();
  }

  private void listen(
      TopicFollower following,
      Consumer<String, byte[]> consumer,
      List<TopicPartition> partitions,
      SchemaRegistry registry) {
    consumer.seekToEnd(partitions);
    partitions.forEach(partition -> consumer.position(partition, TopicFollower.METADATA_PATIENCE));
    following.upToDate();
    AvroDeserializer<ControlCommand> deserializer =
        new AvroDeserializer<>(ControlCommand.class, registry);
    while (!following.isStopping()) {
      for (ConsumerRecord<String, byte[]> record : consumer.poll(TopicFollower.POLL)) {
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
          .get(ANSWER_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException | KafkaException e) {
      LOG.error(
          "the answer to command {} could not be sent: {}",
          Printable.of(report.getRequestId()),
          e.getMessage() == null ? e.toString() : e.getMessage());
    }
  }

  private Producer<String, SessionReport> newProducer(SchemaRegistry registry) {
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.remove(ProducerConfig.TRANSACTIONAL_ID_CONFIG);
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

  /** The follower's thread, which alone answers, has ended before the producer goes. */
  @Override
  public void close() {
    follower.close();
    if (producer != null) {
      producer.close(CLOSE_PATIENCE);
    }
  }
}
