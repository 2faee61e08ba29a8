package io.pgstitch.exporter;

import io.pgstitch.exporter.runner.DeadLetters;
import io.pgstitch.exporter.runner.HostFilter;
import io.pgstitch.exporter.runner.RecordDecoder;
import io.pgstitch.exporter.runner.SinkCounters;
import io.pgstitch.exporter.runner.SinkRunner;
import io.pgstitch.exporter.runner.TopicIds;
import io.pgstitch.exporter.sink.Sink;
import io.pgstitch.exporter.sink.SinkFactory;
import io.pgstitch.exporter.sink.SinkSettings;
import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.OpenTransactionPace;
import io.pgstitch.schema.OpenTransactionWatch;
import io.pgstitch.schema.SchemaRegistries;
import io.pgstitch.schema.SchemaRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;

/** Takes what the stream processor wrote to every sink that is set, each at its own pace. */
public final class Exporter implements AutoCloseable {

  private static final Duration KAFKA_PATIENCE = Duration.ofSeconds(30);

  private final Map<String, SinkRunner<?>> runners = new LinkedHashMap<>();
  private final ExporterSettings settings;
  private final SchemaRegistry registry;
  private final Admin admin;
  private final Producer<byte[], byte[]> producer;
  private final KafkaClients clients;
  private final TopicIds topicIds;
  private final HostFilter hosts;
  private final Map<String, String> topicsByGroup = new LinkedHashMap<>();
  private final OpenTransactionWatch openTransactions;

  /**
   * Makes the sinks; reads nothing yet.
   *
   * @throws ExporterSettingsException when settings of the exporter or of a sink are wrong; names
   *     all of them
   */
  public Exporter(ExporterSettings settings) {
    this(settings, OpenTransactionPace.STANDARD);
  }

  Exporter(ExporterSettings settings, OpenTransactionPace pace) {
    this.settings = settings;
    this.clients = new KafkaClients(settings.kafka(), settings.groupPrefix());
    this.registry = SchemaRegistries.from(settings.registry());
    this.admin = clients.admin();
    this.producer = clients.producer();
    this.topicIds = new TopicIds(admin);
    this.hosts = new HostFilter(settings.hosts());
    SinkFactories factories = new SinkFactories();
    List<String> problems = new ArrayList<>();
    for (SinkInstance instance : settings.sinks()) {
      try {
        runners.put(instance.name(), runner(instance, factories.named(instance.type())));
      } catch (RuntimeException e) {
        problems.add(e.getMessage());
      }
    }
    this.openTransactions =
        new OpenTransactionWatch(
            admin,
            settings.kafka().get("bootstrap.servers"),
            Set.copyOf(topicsByGroup.values()),
            pace,
            Clock.systemUTC());
    if (!problems.isEmpty()) {
      close();
      throw new ExporterSettingsException(problems);
    }
  }

  /**
   * Starts one thread for each sink, once Kafka has answered.
   *
   * @throws IllegalStateException when no broker answers within half a minute
   */
  public void start() {
    try {
      admin.describeCluster().clusterId().get(KAFKA_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(
          "Kafka does not answer at "
              + settings.kafka().get("bootstrap.servers")
              + ": check kafka.bootstrap.servers, the network and the kafka.security settings ("
              + e
              + ")",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for Kafka", e);
    }
    runners.values().forEach(SinkRunner::start);
    openTransactions.start();
  }

  /**
   * Whether every sink has delivered and committed all that was in its assigned partitions when
   * asked, or later. Waits up to 15 seconds for a sink that is busy.
   */
  public boolean caughtUp() {
    return runners.values().stream().allMatch(SinkRunner::caughtUp);
  }

  /** Whether the thread of every sink runs; one that ended by a fault has said so in the log. */
  public boolean isRunning() {
    return runners.values().stream().allMatch(SinkRunner::isRunning);
  }

  /** The topic that each consumer group of a sink reads, by the group's name. */
  public Map<String, String> topicsByGroup() {
    return Collections.unmodifiableMap(topicsByGroup);
  }

  /** Counts as {@code SINK.COUNTER}, for example {@code file.delivered}. */
  public Map<String, Long> counters() {
    Map<String, Long> all = new LinkedHashMap<>();
    runners.forEach(
        (name, runner) -> {
          runner.counters().forEach((counter, count) -> all.put(name + "." + counter, count));
          String topic = topicsByGroup.get(clients.group(name));
          all.put(name + ".open_transactions", openTransactions.count(topic));
        });
    return all;
  }

  /** Delivers what was read, commits, closes the sinks and leaves the groups. Idempotent. */
  @Override
  public void close() {
    openTransactions.close();
    runners.values().forEach(SinkRunner::requestClose);
    runners.values().forEach(SinkRunner::close);
    producer.close(KAFKA_PATIENCE);
    admin.close(KAFKA_PATIENCE);
    registry.close();
  }

  private <T extends SpecificRecord> SinkRunner<T> runner(
      SinkInstance instance, SinkFactory<T> factory) {
    String name = instance.name();
    Sink<T> sink =
        factory.create(new SinkSettings(name, instance.values(), settings.environment()));
    Consumer<byte[], byte[]> consumer;
    try {
      consumer = clients.consumer(name);
    } catch (RuntimeException e) {
      sink.close();
      throw e;
    }
    topicsByGroup.put(clients.group(name), factory.topic());
    return new SinkRunner<>(
        name,
        factory.topic(),
        consumer,
        new RecordDecoder<>(new AvroDeserializer<>(factory.recordType(), registry), topicIds),
        sink,
        new DeadLetters(producer, settings.deadLetterTopic(), name),
        new SinkCounters(),
        hosts,
        settings.retry());
  }
}
