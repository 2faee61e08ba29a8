package io.pgstitch.processor;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.processor.stitch.RandomSession;
import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.AvroSerializer;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendKey;
import io.pgstitch.schema.BundledSchemaRegistry;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.TopicPlan;
import io.pgstitch.schema.TopicProvisioner;
import io.pgstitch.schema.Topics;
import io.pgstitch.schema.TraceRecords;
import io.pgstitch.testkit.KafkaUnderTest;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A processor that is killed again and again while statements come gives what one gives that is
 * left alone: each trace once, to the byte.
 */
class ExactlyOnceIT {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @TempDir Path dir;
  private final SchemaRegistry registry = new BundledSchemaRegistry();

  @Test
  @Tag("soak")
  void threeKillsInTenThousandStatements() throws Exception {
    run(3, 10_000);
  }

  @Test
  @Tag("soak")
  void thirtyKillsInAHundredThousandStatements() throws Exception {
    run(30, 100_000);
  }

  private void run(int kills, int statements) throws Exception {
    try (KafkaUnderTest kafka = KafkaUnderTest.start(dir.resolve("kafka"))) {
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
        TopicProvisioner.ensure(admin, new TopicPlan(2, (short) 1, Duration.ofHours(24)));
      }
      Map<Integer, List<QueryTrace>> traces = new HashMap<>();
      Map<Integer, List<TraceRecords>> records = new HashMap<>();
      List<List<RawEventBatch>> sessions = new ArrayList<>();
      int made = 0;
      for (int pid = 1; made < statements; pid++) {
        RandomSession session = new RandomSession(pid);
        sessions.add(session.batches());
        for (SpecificRecord output : session.stitched().all) {
          if (output instanceof QueryTrace trace) {
            traces.computeIfAbsent(pid, p -> new ArrayList<>()).add(trace);
          } else {
            records.computeIfAbsent(pid, p -> new ArrayList<>()).add((TraceRecords) output);
          }
        }
        made += session.stitched().statements().size();
      }
      Random random = new Random(kills);
      Process processor = processor(kafka, 0);
      int sent = 0;
      for (int kill = 0; kill < kills; kill++) {
        int until = sessions.size() * (kill + 1) / (kills + 1);
        send(kafka, sessions.subList(sent, until));
        sent = until;
        // Some are killed while they start, some while they work.
        TimeUnit.MILLISECONDS.sleep(1_000 + random.nextInt(4_000));
        processor.destroyForcibly().waitFor();
        processor = processor(kafka, kill + 1);
      }
      try {
        send(kafka, sessions.subList(sent, sessions.size()));
        assertThat(
                read(kafka, Topics.QUERY_TRACES, QueryTrace.class, QueryTrace::getBackend, traces))
            .isEqualTo(traces);
        assertThat(
                read(
                    kafka,
                    Topics.TRACE_RECORDS,
                    TraceRecords.class,
                    TraceRecords::getBackend,
                    records))
            .isEqualTo(records);
      } finally {
        processor.destroyForcibly().waitFor();
      }
    }
  }

  private Process processor(KafkaUnderTest kafka, int number) throws Exception {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx512m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            ProcessorMain.class.getName(),
            kafka.bootstrapServers(),
            dir.resolve("state").toString())
        .redirectErrorStream(true)
        .redirectOutput(new File(dir.toFile(), "processor" + number + ".log"))
        .start();
  }

  /** Batches of several sessions in turn. */
  private void send(KafkaUnderTest kafka, List<List<RawEventBatch>> sessions) {
    Map<String, Object> config = Map.of("bootstrap.servers", kafka.bootstrapServers());
    try (KafkaProducer<String, RawEventBatch> producer =
        new KafkaProducer<>(
            config, new StringSerializer(), new AvroSerializer<>(RawEventBatch.class, registry))) {
      int longest = sessions.stream().mapToInt(List::size).max().orElse(0);
      for (int i = 0; i < longest; i++) {
        for (List<RawEventBatch> session : sessions) {
          if (i < session.size()) {
            String key = BackendKey.of(session.get(i).getBackend());
            producer.send(new ProducerRecord<>(Topics.RAW_EVENTS, key, session.get(i)));
          }
        }
      }
    }
  }

  /** Committed records by pid, once there are as many as expected and for two seconds after. */
  private <T extends SpecificRecord> Map<Integer, List<T>> read(
      KafkaUnderTest kafka,
      String topic,
      Class<T> type,
      Function<T, Backend> backend,
      Map<Integer, List<T>> expected) {
    Map<String, Object> config =
        Map.of(
            "bootstrap.servers",
            kafka.bootstrapServers(),
            "group.id",
            "reader-of-" + topic,
            "auto.offset.reset",
            "earliest",
            "isolation.level",
            "read_committed");
    long wanted = expected.values().stream().mapToLong(List::size).sum();
    Map<Integer, List<T>> found = new HashMap<>();
    long count = 0;
    try (KafkaConsumer<String, T> consumer =
        new KafkaConsumer<>(
            config, new StringDeserializer(), new AvroDeserializer<>(type, registry))) {
      consumer.subscribe(List.of(topic));
      long end = System.nanoTime() + PATIENCE.toNanos();
      long after = Long.MAX_VALUE;
      while (System.nanoTime() < Math.min(end, after)) {
        for (var record : consumer.poll(Duration.ofMillis(200))) {
          int pid = backend.apply(record.value()).getPid();
          found.computeIfAbsent(pid, p -> new ArrayList<>()).add(record.value());
          count++;
        }
        if (count >= wanted && after == Long.MAX_VALUE) {
          after = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
        }
      }
    }
    return found;
  }
}
