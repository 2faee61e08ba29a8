package io.pgstitch.cli;

import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.AvroSerializer;
import io.pgstitch.schema.SamplingOrder;
import io.pgstitch.schema.SamplingScope;
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
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The topic of sampling rules, read as it is and written to. */
final class SamplingTopic implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SamplingTopic.class);
  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final Duration POLL = Duration.ofMillis(100);

  private final Map<String, String> kafka;
  private final SchemaRegistry registry;

  private SamplingTopic(Map<String, String> kafka, SchemaRegistry registry) {
    this.kafka = kafka;
    this.registry = registry;
  }

  /**
   * Connects.
   *
   * @throws CommandFailure when Kafka does not answer or has not our topic
   */
  static SamplingTopic open(ControlTarget target) throws InterruptedException {
    try (Admin admin = KafkaConnection.open(target.kafka(), PATIENCE)) {
      var names = admin.listTopics().names().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      if (!names.contains(Topics.SAMPLING)) {
        throw CommandFailure.environment(
            "the Kafka cluster at " + target.brokers() + " has no topic " + Topics.SAMPLING,
            "Start a collector or processor of this version there, which creates it, or create it by hand (compacted, one"
                + " partition); this user needs DESCRIBE and READ on it, and WRITE to set rules.");
      }
    } catch (ExecutionException | TimeoutException e) {
      throw failed("read", e);
    }
    return new SamplingTopic(target.kafka(), SchemaRegistries.from(target.registry()));
  }

  /** The rules that are there now, in no order. */
  Collection<SamplingOrder> orders() {
    Map<String, Object> config = new HashMap<>(kafka);
    config.remove("group.id");
    config.put("enable.auto.commit", false);
    config.put("isolation.level", "read_committed");
    config.put("default.api.timeout.ms", Math.toIntExact(PATIENCE.toMillis()));
    Map<String, SamplingOrder> orders = new HashMap<>();
    try (Consumer<String, byte[]> consumer =
            new KafkaConsumer<>(config, new StringDeserializer(), new ByteArrayDeserializer());
        AvroDeserializer<SamplingOrder> deserializer =
            new AvroDeserializer<>(SamplingOrder.class, registry)) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.SAMPLING).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
        consumer.poll(POLL).forEach(record -> take(record, deserializer, orders));
        if (System.nanoTime() - deadline > 0) {
          throw failed("read", new TimeoutException("no records in time"));
        }
      }
    } catch (KafkaException e) {
      throw failed("read", e);
    }
    return orders.values();
  }

  private static void take(
      ConsumerRecord<String, byte[]> record,
      AvroDeserializer<SamplingOrder> deserializer,
      Map<String, SamplingOrder> orders) {
    try {
      SamplingOrder order = deserializer.deserialize(record.topic(), record.value());
      if (order == null) {
        orders.remove(record.key());
      } else {
        orders.put(record.key(), order);
      }
    } catch (SerializationException notOurs) {
      LOG.warn("offset {} of {} is no sampling rule", record.offset(), record.topic(), notOurs);
    }
  }

  /** Sets a rule in place of the one of the same scope. */
  void set(SamplingOrder order) throws InterruptedException {
    send(SamplingScope.of(order), order);
  }

  /** Takes a rule away. */
  void unset(SamplingScope scope) throws InterruptedException {
    send(scope, null);
  }

  private void send(SamplingScope scope, SamplingOrder order) throws InterruptedException {
    Map<String, Object> config = new HashMap<>(kafka);
    config.remove("transactional.id");
    config.put("acks", "all");
    config.put("max.block.ms", PATIENCE.toMillis());
    try (Producer<String, SamplingOrder> producer =
        new KafkaProducer<>(
            config, new StringSerializer(), new AvroSerializer<>(SamplingOrder.class, registry))) {
      producer
          .send(new ProducerRecord<>(Topics.SAMPLING, scope.key(), order))
          .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException | KafkaException e) {
      throw failed("take", e);
    }
  }

  private static CommandFailure failed(String what, Exception e) {
    Throwable reason = e.getCause() == null ? e : e.getCause();
    String why = reason.getMessage() == null ? "no answer in time" : reason.getMessage();
    String right = what.equals("take") ? "WRITE to " : "READ ";
    return CommandFailure.failed(
        "Kafka did not " + (what.equals("take") ? "take the rule: " : "give the rules: ") + why,
        "Check that this user may DESCRIBE and " + right + Topics.SAMPLING + ".");
  }

  @Override
  public void close() {
    registry.close();
  }
}
