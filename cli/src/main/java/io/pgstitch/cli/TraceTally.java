package io.pgstitch.cli;

import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts, per server of one host, the traces that come out while it is open. It reads the topic
 * itself and commits nothing, so that its numbers do not depend on what an exporter says of its own
 * work.
 */
final class TraceTally implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TraceTally.class);
  private static final Duration POLL = Duration.ofMillis(200);

  private final Consumer<String, byte[]> consumer;
  private final AvroDeserializer<QueryTrace> deserializer;
  private final String host;
  private final Map<TopicPartition, Long> positions = new HashMap<>();
  private final Map<String, ServerTally> servers = new TreeMap<>();
  private final Thread thread = new Thread(this::read, "trace-tally");
  private RuntimeException failure;

  private TraceTally(
      Consumer<String, byte[]> consumer, AvroDeserializer<QueryTrace> deserializer, String host) {
    this.consumer = consumer;
    this.deserializer = deserializer;
    this.host = host;
  }

  /** Begins to count at the end of the topic, as it is when this returns. */
  static TraceTally start(Map<String, ?> clientSettings, SchemaRegistry registry, String host) {
    Map<String, Object> settings = new HashMap<>(clientSettings);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    TraceTally tally =
        new TraceTally(
            new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer()),
            new AvroDeserializer<>(QueryTrace.class, registry),
            host);
    tally.seekToEnd();
    tally.thread.start();
    return tally;
  }

  private void seekToEnd() {
    List<TopicPartition> partitions =
        consumer.partitionsFor(Topics.QUERY_TRACES).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .collect(Collectors.toList());
    consumer.assign(partitions);
    consumer.seekToEnd(partitions);
    partitions.forEach(partition -> positions.put(partition, consumer.position(partition)));
  }

  private void read() {
    try {
      while (true) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
          count(record);
        }
        rememberPositions();
      }
    } catch (WakeupException closing) {
      // close() asked for it.
    } catch (RuntimeException e) {
      synchronized (this) {
        failure = e;
      }
    } finally {
      consumer.close();
    }
  }

  private void count(ConsumerRecord<String, byte[]> record) {
    try {
      count(deserializer.deserialize(record.topic(), record.value()));
    } catch (SerializationException notOurs) {
      // The exporter reads it too, and counts and buries it.
      LOG.debug("not counted", notOurs);
    }
  }

  private synchronized void count(QueryTrace trace) {
    if (trace != null && trace.getLast() && trace.getBackend().getHost().equals(host)) {
      servers.compute(
          serverOf(trace.getBackend()),
          (name, tally) ->
              (tally == null ? new ServerTally(name, 0, 0, 0) : tally)
                  .plus(trace.getComplete(), trace.getLostEvents()));
    }
  }

  private synchronized void rememberPositions() {
    positions.replaceAll((partition, position) -> consumer.position(partition));
  }

  private static String serverOf(Backend backend) {
    int version = backend.getServerVersionNum();
    String number = version == 0 ? "?" : version / 10_000 + "." + version % 10_000;
    return backend.getHost()
        + ":"
        + backend.getServerPort()
        + " ("
        + number
        + ", "
        + backend.getDataDirectory()
        + ")";
  }

  /** Whether everything before these offsets is counted. */
  synchronized boolean reached(Map<TopicPartition, Long> ends) {
    if (failure != null) {
      throw failure;
    }
    return ends.entrySet().stream()
        .allMatch(end -> positions.getOrDefault(end.getKey(), 0L) >= end.getValue());
  }

  /** The counts so far, by server. */
  synchronized List<ServerTally> servers() {
    return List.copyOf(servers.values());
  }

  @Override
  public void close() {
    consumer.wakeup();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
