package io.pgstitch.processor;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.processor.stitch.BackendScript;
import io.pgstitch.processor.topology.StitchTopology;
import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.AvroSerializer;
import io.pgstitch.schema.BackendKey;
import io.pgstitch.schema.BundledSchemaRegistry;
import io.pgstitch.schema.OpenTransactionPace;
import io.pgstitch.schema.ProducerGuarantees;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.TopicPlan;
import io.pgstitch.schema.TopicProvisioner;
import io.pgstitch.schema.Topics;
import io.pgstitch.testkit.KafkaUnderTest;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a real broker: stops in the middle of statements lose and double nothing. */
class StreamProcessorIT {
  private static final int SESSIONS = 40;
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final OpenTransactionPace QUICK =
      new OpenTransactionPace(
          Duration.ofMillis(50), Duration.ofMillis(50), Duration.ofMillis(50), LIMIT);

  @TempDir Path dir;
  private final SchemaRegistry registry = new BundledSchemaRegistry();
  private final List<BackendScript> scripts = new ArrayList<>();
  private KafkaUnderTest kafka;

  @BeforeEach
  void start() {
    kafka = KafkaUnderTest.start(dir.resolve("kafka"));
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
      TopicProvisioner.ensure(admin, new TopicPlan(2, (short) 1, Duration.ofHours(24)));
    }
    for (int i = 0; i < SESSIONS; i++) {
      BackendScript script = new BackendScript();
      script.backend().setPid(1_000 + i);
      scripts.add(script.simpleSelect("select 1", 1).simpleSelect("select 2", 1));
    }
  }

  @AfterEach
  void stop() {
    kafka.close();
  }

  @Test
  void restartInTheMiddleOfStatementsGivesEachTraceOnce() throws Exception {
    try (StreamProcessor first = new StreamProcessor(settings())) {
      first.start();
      first.awaitRunning(LIMIT);
      produce(0, 9);
      await(first, "batches", SESSIONS);
    }
    // What holds up the restoring of the state is counted; without it the start goes on.
    try (KafkaProducer<String, String> hanging = openTransactionInTheChangelog();
        StreamProcessor second = new StreamProcessor(settings(), QUICK)) {
      second.start();
      await(second, "open_transactions", 1);
      hanging.abortTransaction();
      second.awaitRunning(LIMIT);
      produce(9, scripts.get(0).size());
      assertEachOnce();
    }
  }

  @Test
  void killedProcessIsContinuedByAnother() throws Exception {
    Process killed = child();
    try {
      produce(0, 9);
      produce(9, 14);
      // In this batch each first statement ends and each second one begins.
      produce(14, 26);
      assertThat(traces(1)).isNotEmpty();
    } finally {
      killed.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
    }
    try (StreamProcessor second = new StreamProcessor(settings())) {
      second.start();
      produce(26, scripts.get(0).size());
      assertEachOnce();
    }
  }

  private void assertEachOnce() {
    List<QueryTrace> traces = traces(2 * SESSIONS);
    assertThat(traces).hasSize(2 * SESSIONS);
    assertThat(traces).extracting(QueryTrace::getTraceId).doesNotHaveDuplicates();
    assertThat(traces).allMatch(QueryTrace::getComplete);
    assertThat(traces).allMatch(QueryTrace::getExecuted);
  }

  private KafkaProducer<String, String> openTransactionInTheChangelog() throws Exception {
    var hanging =
        new KafkaProducer<>(
            Map.of(
                "transactional.id",
                "hanging",
                "transaction.timeout.ms",
                "600000",
                "bootstrap.servers",
                kafka.bootstrapServers()),
            new StringSerializer(),
            new StringSerializer());
    hanging.initTransactions();
    hanging.beginTransaction();
    String changelog = StitchTopology.changelog(settings().applicationId());
    assertThat(hanging.partitionsFor(changelog)).as("of both tasks").hasSize(2);
    hanging.send(new ProducerRecord<>(changelog, 0, "nobody", "nothing")).get();
    return hanging;
  }

  private static void await(StreamProcessor processor, String counter, long least)
      throws InterruptedException {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (processor.counters().get(counter) < least) {
      assertThat(System.nanoTime()).as("time for " + processor.counters()).isLessThan(end);
      Thread.sleep(50);
    }
  }

  private Process child() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process process =
        new ProcessBuilder(
                java,
                "-cp",
                System.getProperty("java.class.path"),
                ProcessorMain.class.getName(),
                kafka.bootstrapServers(),
                dir.resolve("child-state").toString())
            .redirectErrorStream(true)
            .redirectOutput(new File(dir.toFile(), "child.log"))
            .start();
    return process;
  }

  private ProcessorSettings settings() {
    return settings(kafka.bootstrapServers(), dir.resolve("state").toString());
  }

  static ProcessorSettings settings(String brokers, String stateDir) {
    Properties properties = new Properties();
    properties.put("kafka.bootstrap.servers", brokers);
    properties.put("kafka.session.timeout.ms", "6000");
    properties.put("kafka.heartbeat.interval.ms", "1000");
    properties.put("state.dir", stateDir);
    return ProcessorSettings.from(properties);
  }

  private void produce(int from, int to) throws Exception {
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", kafka.bootstrapServers());
    ProducerGuarantees.putInto(config);
    try (KafkaProducer<String, RawEventBatch> producer =
        new KafkaProducer<>(
            config, new StringSerializer(), new AvroSerializer<>(RawEventBatch.class, registry))) {
      for (BackendScript script : scripts) {
        sent.add(
            producer.send(
                new ProducerRecord<>(
                    Topics.RAW_EVENTS,
                    BackendKey.of(script.backend()),
                    script.batch(from, to, 0))));
      }
      for (Future<RecordMetadata> one : sent) {
        one.get();
      }
    }
  }

  /** Committed traces, once there are so many and for two seconds after. */
  private List<QueryTrace> traces(int least) {
    Map<String, Object> config =
        Map.of(
            "bootstrap.servers",
            kafka.bootstrapServers(),
            "group.id",
            "reader" + System.nanoTime(),
            "auto.offset.reset",
            "earliest",
            "isolation.level",
            "read_committed");
    List<QueryTrace> traces = new ArrayList<>();
    try (KafkaConsumer<String, QueryTrace> consumer =
        new KafkaConsumer<>(
            config, new StringDeserializer(), new AvroDeserializer<>(QueryTrace.class, registry))) {
      consumer.subscribe(List.of(Topics.QUERY_TRACES));
      long end = System.nanoTime() + LIMIT.toNanos();
      while (traces.size() < least && System.nanoTime() < end) {
        consumer.poll(Duration.ofMillis(200)).forEach(record -> traces.add(record.value()));
      }
      consumer.poll(Duration.ofSeconds(2)).forEach(record -> traces.add(record.value()));
    }
    return traces;
  }
}
