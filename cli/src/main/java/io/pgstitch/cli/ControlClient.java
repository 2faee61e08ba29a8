package io.pgstitch.cli;

import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.AvroSerializer;
import io.pgstitch.schema.ControlCommand;
import io.pgstitch.schema.SchemaRegistries;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.SessionReport;
import io.pgstitch.schema.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends commands to collectors and hears their answers, through Kafka. Not thread-safe. */
final class ControlClient implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlClient.class);
  private static final Duration POLL = Duration.ofMillis(100);

  /** After the first answer: a host may have more than one collector. */
  private static final Duration GRACE = Duration.ofMillis(500);

  private final Duration patience;
  private final SchemaRegistry registry;
  private final Consumer<String, byte[]> answers;
  private final KafkaProducer<String, ControlCommand> commands;

  private ControlClient(
      Duration patience,
      SchemaRegistry registry,
      Consumer<String, byte[]> answers,
      KafkaProducer<String, ControlCommand> commands) {
    this.patience = patience;
    this.registry = registry;
    this.answers = answers;
    this.commands = commands;
  }

  /**
   * Connects.
   *
   * @param patience how long Kafka, and then each answer, may take
   * @throws CommandFailure when Kafka does not answer or has not our topics
   */
  static ControlClient open(ControlTarget target, Duration patience) throws InterruptedException {
    try (Admin admin = KafkaConnection.open(target.kafka(), patience)) {
      requireTopics(admin, target.brokers(), patience);
    }
    Map<String, Object> reading = new HashMap<>(target.kafka());
    reading.remove("group.id");
    reading.put("enable.auto.commit", false);
    reading.put("default.api.timeout.ms", Math.toIntExact(patience.toMillis()));
    reading.put("request.timeout.ms", Math.toIntExact(patience.toMillis()));
    Map<String, Object> writing = new HashMap<>(target.kafka());
    writing.remove("transactional.id");
    writing.put("linger.ms", 0);
    writing.put("max.block.ms", patience.toMillis());
    writing.put("request.timeout.ms", Math.toIntExact(patience.toMillis()));
    writing.put("delivery.timeout.ms", Math.toIntExact(patience.toMillis()));
    SchemaRegistry registry = SchemaRegistries.from(target.registry());
    ControlClient client =
        new ControlClient(
            patience,
            registry,
            new KafkaConsumer<>(reading, new StringDeserializer(), new ByteArrayDeserializer()),
            new KafkaProducer<>(
                writing,
                new StringSerializer(),
                new AvroSerializer<>(ControlCommand.class, registry)));
    client.seekToEnd();
    return client;
  }

  private static void requireTopics(Admin admin, String brokers, Duration patience)
      throws InterruptedException {
    try {
      var names = admin.listTopics().names().get(patience.toMillis(), TimeUnit.MILLISECONDS);
      for (String topic : List.of(Topics.CONTROL, Topics.SESSIONS)) {
        if (!names.contains(topic)) {
          throw CommandFailure.environment(
              "the Kafka cluster at " + brokers + " has no topic " + topic,
              "Start a collector of this version there, which creates it, or create it by hand; this user needs DESCRIBE on it.");
        }
      }
    } catch (ExecutionException | TimeoutException e) {
      throw unusable(e);
    }
  }

  private void seekToEnd() {
    List<TopicPartition> partitions =
        answers.partitionsFor(Topics.SESSIONS).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    answers.assign(partitions);
    answers.seekToEnd(partitions);
    partitions.forEach(answers::position);
  }

  /**
   * Sends a command for one host.
   *
   * @param enough what ends the waiting at once
   * @return answers in their order; none when nobody answered in time
   */
  List<SessionReport> ask(ControlCommand command, Predicate<SessionReport> enough)
      throws InterruptedException {
    send(command);
    return collect(command.getId(), enough, GRACE);
  }

  /** Sends a command for all hosts and waits for as long as the patience lasts. */
  List<SessionReport> askAll(ControlCommand command) throws InterruptedException {
    send(command);
    return collect(command.getId(), report -> false, patience);
  }

  private void send(ControlCommand command) throws InterruptedException {
    try {
      commands
          .send(new ProducerRecord<>(Topics.CONTROL, command.getHost(), command))
          .get(2 * patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException | KafkaException e) {
      throw unusable(e);
    }
  }

  private List<SessionReport> collect(String id, Predicate<SessionReport> enough, Duration grace) {
    AvroDeserializer<SessionReport> deserializer =
        new AvroDeserializer<>(SessionReport.class, registry);
    List<SessionReport> reports = new ArrayList<>();
    long end = System.nanoTime() + patience.toNanos();
    while (System.nanoTime() - end < 0) {
      for (ConsumerRecord<String, byte[]> record : answers.poll(POLL)) {
        SessionReport report = read(record, deserializer);
        if (report == null || !report.getRequestId().equals(id)) {
          continue;
        }
        reports.add(report);
        if (enough.test(report)) {
          return reports;
        }
        end = Math.min(end, System.nanoTime() + grace.toNanos());
      }
    }
    return reports;
  }

  private static SessionReport read(
      ConsumerRecord<String, byte[]> record, AvroDeserializer<SessionReport> deserializer) {
    try {
      return deserializer.deserialize(record.topic(), record.value());
    } catch (SerializationException notOurs) {
      LOG.warn("offset {} of {} is no answer", record.offset(), record.topic(), notOurs);
      return null;
    }
  }

  private static CommandFailure unusable(Exception e) {
    Throwable reason = e.getCause() == null ? e : e.getCause();
    return CommandFailure.environment(
        "Kafka did not take the command: "
            + (reason.getMessage() == null ? "no answer in time" : reason.getMessage()),
        "Check that this user may write to "
            + Topics.CONTROL
            + " and read "
            + Topics.SESSIONS
            + ", or give it more time with --timeout.",
        e);
  }

  @Override
  public void close() {
    commands.close(Duration.ZERO);
    answers.close();
    registry.close();
  }
}
