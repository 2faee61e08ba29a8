package io.pgstitch.benchmarks;

import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.AvroSerializer;
import io.pgstitch.schema.BackendKey;
import io.pgstitch.schema.BundledSchemaRegistry;
import io.pgstitch.schema.ProducerGuarantees;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * One real session's batches, and topics filled with many sessions like it: each is complete, from
 * its first event to its end, and of a backend of its own.
 */
final class SessionLoad {
  private static final String APPLICATION = "bench_session";
  private static final int FIRST_PID = 100_000;

  private final Broker broker;
  private final List<RawEventBatch> session;
  private int nextPid = FIRST_PID;

  /**
   * A part of the topic.
   *
   * @param from first offsets
   * @param to offsets behind it
   * @param events in it
   * @param bytes of its records' values
   */
  record Part(
      Map<TopicPartition, Long> from, Map<TopicPartition, Long> to, long events, long bytes) {
    long records() {
      return to.entrySet().stream().mapToLong(e -> e.getValue() - from.get(e.getKey())).sum();
    }
  }

  private SessionLoad(Broker broker, List<RawEventBatch> session) {
    this.broker = broker;
    this.session = session;
  }

  /** Records a session of a few transactions at level 12, with a real collector. */
  static SessionLoad record(Run run, Broker broker, Database database) throws Exception {
    try (KafkaConsumer<byte[], byte[]> topic = broker.rawEventsFromNow(Duration.ofMillis(5))) {
      try (Child collector =
          CollectorProcess.start(run, broker, database, List.of("level=12", "detail=phases"))) {
        database
            .server()
            .client()
            .pgbench(
                "-n",
                "-S",
                "-c",
                "1",
                "-t",
                "10",
                "-R",
                "100",
                "dbname=postgres application_name=" + APPLICATION);
        collector.stop();
      }
      return new SessionLoad(broker, sessionIn(topic));
    }
  }

  private static List<RawEventBatch> sessionIn(KafkaConsumer<byte[], byte[]> topic) {
    Map<TopicPartition, Long> ends = topic.endOffsets(topic.assignment());
    Map<Integer, List<RawEventBatch>> sessions = new HashMap<>();
    try (AvroDeserializer<RawEventBatch> deserializer =
        new AvroDeserializer<>(RawEventBatch.class, new BundledSchemaRegistry())) {
      while (ends.entrySet().stream().anyMatch(e -> topic.position(e.getKey()) < e.getValue())) {
        for (ConsumerRecord<byte[], byte[]> record : topic.poll(Duration.ofSeconds(1))) {
          RawEventBatch batch = deserializer.deserialize(Topics.RAW_EVENTS, record.value());
          if (batch.getBackend().getApplicationName().equals(APPLICATION)) {
            sessions
                .computeIfAbsent(batch.getBackend().getPid(), pid -> new ArrayList<>())
                .add(batch);
          }
        }
      }
    }
    // Pgbench has another session before, in which it looks at its tables.
    return sessions.values().stream()
        .max((a, b) -> Long.compare(events(a), events(b)))
        .orElseThrow(() -> new IllegalStateException("the session was not recorded"));
  }

  private static long events(List<RawEventBatch> batches) {
    return batches.stream().mapToLong(batch -> batch.getEvents().size()).sum();
  }

  /**
   * Writes sessions to a topic in one transaction: those who read what is committed see all of them
   * at once, when this returns.
   *
   * @param sessions how many in all
   * @param concurrent how many of them run at once: their batches take turns
   */
  Part write(String topic, int sessions, int concurrent) {
    Map<TopicPartition, Long> from = new ConcurrentHashMap<>();
    Map<TopicPartition, Long> to = new ConcurrentHashMap<>();
    long bytes = 0;
    try (KafkaProducer<byte[], byte[]> producer = producer();
        AvroSerializer<RawEventBatch> serializer =
            new AvroSerializer<>(RawEventBatch.class, new BundledSchemaRegistry())) {
      producer.initTransactions();
      producer.beginTransaction();
      Callback written =
          (place, failure) -> {
            if (failure == null) {
              TopicPartition partition = new TopicPartition(topic, place.partition());
              from.merge(partition, place.offset(), Math::min);
              to.merge(partition, place.offset() + 1, Math::max);
            }
          };
      for (int first = 0; first < sessions; first += concurrent) {
        for (RawEventBatch batch : session) {
          for (int i = first; i < Math.min(sessions, first + concurrent); i++) {
            batch.getBackend().setPid(nextPid + i);
            byte[] key = BackendKey.of(batch.getBackend()).getBytes(StandardCharsets.UTF_8);
            byte[] value = serializer.serialize(Topics.RAW_EVENTS, batch);
            // What fails lets the commit fail.
            Future<RecordMetadata> unused =
                producer.send(new ProducerRecord<>(topic, key, value), written);
            bytes += value.length;
          }
        }
      }
      producer.commitTransaction();
    }
    nextPid += sessions;
    Part part = new Part(from, to, events(session) * sessions, bytes);
    if (part.records() != (long) session.size() * sessions) {
      throw new IllegalStateException("only " + part.records() + " batches were written");
    }
    return part;
  }

  private KafkaProducer<byte[], byte[]> producer() {
    Map<String, Object> config = new HashMap<>();
    config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, broker.address());
    config.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
    config.put(ProducerConfig.LINGER_MS_CONFIG, 5);
    config.put(ProducerConfig.BATCH_SIZE_CONFIG, 256 << 10);
    ProducerGuarantees.putInto(config);
    config.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "bench-load");
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }
}
