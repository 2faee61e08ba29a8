package io.pgstitch.exporter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.AvroSerializer;
import io.pgstitch.schema.BundledSchemaRegistry;
import io.pgstitch.schema.OpenTransactionPace;
import io.pgstitch.schema.ProducerGuarantees;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.TopicPlan;
import io.pgstitch.schema.TopicProvisioner;
import io.pgstitch.schema.Topics;
import io.pgstitch.schema.TraceRecords;
import io.pgstitch.testkit.KafkaUnderTest;
import io.pgstitch.testkit.OtlpAnswer;
import io.pgstitch.testkit.OtlpReceiver;
import io.pgstitch.testkit.OtlpSpan;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExporterIT {

  private static final int RECORDS = 400;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final OpenTransactionPace QUICK =
      new OpenTransactionPace(
          Duration.ofMillis(50), Duration.ofMillis(50), Duration.ofMillis(50), PATIENCE);

  @TempDir private Path scratch;
  private KafkaUnderTest kafka;
  private BundledSchemaRegistry registry;
  private KafkaProducer<byte[], byte[]> producer;
  private Admin admin;

  @BeforeEach
  void startKafka() {
    kafka = KafkaUnderTest.start(scratch.resolve("kafka"));
    registry = new BundledSchemaRegistry();
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", kafka.bootstrapServers());
    admin = Admin.create(config);
    TopicProvisioner.ensure(admin, new TopicPlan(2, (short) 1, Duration.ofDays(1)));
    ProducerGuarantees.putInto(config);
    producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  @AfterEach
  void stopKafka() {
    producer.close();
    admin.close();
    registry.close();
    kafka.close();
  }

  @Test
  void everyRecordIsInItsFileOnceAndWhatHoldsThemUpIsCounted() throws Exception {
    try (KafkaProducer<byte[], byte[]> hanging = openTransaction();
        Exporter exporter = new Exporter(ExporterSettings.from(fileSink(), Map.of()), QUICK)) {
      produceStatements(RECORDS);
      exporter.start();
      await(exporter, "file.open_transactions", 1);
      assertThat(exporter.counters().get("file.delivered")).isLessThan(RECORDS);
      hanging.abortTransaction();
      awaitCaughtUp(exporter);
      assertThat(exporter.counters())
          .containsEntry("file.delivered", (long) RECORDS)
          .containsEntry("file.read", (long) RECORDS);
    }
    assertThat(statements()).isEqualTo(expected(RECORDS));
  }

  @Test
  void lostCommitsDoubleNothingInTheFiles() throws Exception {
    produceStatements(RECORDS);
    try (Exporter exporter = started(fileSink())) {
      awaitCaughtUp(exporter);
    }
    admin.deleteConsumerGroups(List.of("pgstitch-exporter-file")).all().get();
    try (Exporter exporter = started(fileSink())) {
      awaitCaughtUp(exporter);
      assertThat(exporter.counters())
          .containsEntry("file.duplicates_skipped", (long) RECORDS)
          .containsEntry("file.delivered", 0L);
    }
    assertThat(statements()).isEqualTo(expected(RECORDS));
  }

  @Test
  void recordThatIsNotOursGoesToTheDeadLettersAndTheRestGoesOn() throws Exception {
    byte[] poison = "not ours".getBytes(UTF_8);
    producer.send(new ProducerRecord<>(Topics.TRACE_RECORDS, 0, null, poison)).get();
    produceStatements(10);
    try (Exporter exporter = started(fileSink())) {
      awaitCaughtUp(exporter);
      assertThat(exporter.counters())
          .containsEntry("file.undecodable", 1L)
          .containsEntry("file.dead_lettered", 1L)
          .containsEntry("file.delivered", 10L);
    }
    ConsumerRecord<byte[], byte[]> letter = deadLetter();
    assertThat(letter.value()).isEqualTo(poison);
    assertThat(header(letter, "topic")).isEqualTo(Topics.TRACE_RECORDS);
    assertThat(header(letter, "offset")).isEqualTo("0");
    assertThat(header(letter, "exception.class.name")).contains("SerializationException");
    assertThat(statements()).isEqualTo(expected(10));
  }

  @Test
  void poisonHoldsWhileTheDeadLettersAreNotThere() throws Exception {
    producer.send(new ProducerRecord<>(Topics.TRACE_RECORDS, 0, null, new byte[] {1})).get();
    Properties settings = fileSink();
    settings.setProperty("errors.deadletterqueue.topic.name", "not-there");
    settings.setProperty("kafka.max.block.ms", "500");
    try (Exporter exporter = started(settings)) {
      await(exporter, "file.retried", 2);
      assertThat(exporter.counters()).containsEntry("file.dead_lettered", 0L);
      assertThat(exporter.caughtUp()).isFalse();
    }
  }

  @Test
  void unavailableReceiverHoldsAndThenGetsEverySpanOnce() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start()) {
      receiver.answerNext(3, OtlpAnswer.unavailable(Duration.ZERO));
      produceTraces(20);
      Properties settings = settings();
      settings.setProperty("sink.tempo.type", "otlp");
      settings.setProperty("sink.tempo.endpoint", receiver.grpcEndpoint());
      try (Exporter exporter = started(settings)) {
        awaitCaughtUp(exporter);
        assertThat(exporter.counters()).containsEntry("tempo.delivered", 20L);
        assertThat(exporter.counters().get("tempo.retried")).isEqualTo(3);
      }
      assertThat(receiver.spans()).hasSize(20 * 3);
    }
  }

  @Test
  void jsonlHasOneLineForEachTrace() throws Exception {
    produceTraces(20);
    Properties settings = settings();
    settings.setProperty("sinks", "jsonl");
    settings.setProperty("sink.jsonl.directory", scratch.toString());
    try (Exporter exporter = started(settings)) {
      awaitCaughtUp(exporter);
    }
    assertThat(Files.readAllLines(scratch.resolve("spans.jsonl")))
        .hasSize(20)
        .doesNotHaveDuplicates()
        .allMatch(line -> line.startsWith("{\"resourceSpans\":["));
  }

  @Test
  void aKilledExporterLosesNothingAndDoublesNothingInFiles() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start()) {
      Properties settings = fileSink();
      settings.setProperty("sinks", "otlp,file,jsonl");
      settings.setProperty("sink.otlp.endpoint", receiver.grpcEndpoint());
      settings.setProperty("sink.jsonl.directory", scratch.toString());
      // Small batches, so that it is killed between two; and the group forgets it soon.
      settings.setProperty("kafka.max.poll.records", "5");
      settings.setProperty("kafka.session.timeout.ms", "6000");
      settings.setProperty("kafka.heartbeat.interval.ms", "1000");
      produceStatements(RECORDS);
      produceTraces(RECORDS);
      Process killed = asProcess(settings);
      receiver.awaitSpans(1, PATIENCE);
      killed.destroyForcibly().waitFor();
      assertThat(receiver.spans().size()).as("spans before").isBetween(1, RECORDS * 3 - 1);

      try (Exporter exporter = started(settings)) {
        awaitCaughtUp(exporter);
      }
      Map<?, Set<OtlpSpan>> byId =
          receiver.spans().stream()
              .collect(
                  groupingBy(
                      span -> List.of(span.span().getTraceId(), span.span().getSpanId()), toSet()));
      assertThat(byId).hasSize(RECORDS * 3);
      assertThat(byId.values()).as("spans that came again").allMatch(same -> same.size() == 1);
    }
    assertThat(statements()).isEqualTo(expected(RECORDS));
    assertThat(Files.readAllLines(scratch.resolve("spans.jsonl")))
        .hasSize(RECORDS)
        .doesNotHaveDuplicates()
        .allMatch(line -> line.startsWith("{\"resourceSpans\":[") && line.endsWith("]}"));
  }

  /** A record that will not be committed stands before all others of its partition. */
  private KafkaProducer<byte[], byte[]> openTransaction() throws Exception {
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", kafka.bootstrapServers());
    config.put("transactional.id", "hanging");
    config.put("transaction.timeout.ms", "600000");
    var hanging = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    hanging.initTransactions();
    hanging.beginTransaction();
    hanging.send(new ProducerRecord<>(Topics.TRACE_RECORDS, 0, null, new byte[1])).get();
    return hanging;
  }

  private Process asProcess(Properties settings) throws Exception {
    Path file = scratch.resolve("exporter.properties");
    try (Writer writer = Files.newBufferedWriter(file)) {
      settings.store(writer, null);
    }
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            ExporterMain.class.getName(),
            file.toString())
        .redirectErrorStream(true)
        .redirectOutput(scratch.resolve("exporter.log").toFile())
        .start();
  }

  private Properties settings() {
    Properties settings = new Properties();
    settings.setProperty("kafka.bootstrap.servers", kafka.bootstrapServers());
    settings.setProperty("retry.backoff.ms", "50");
    return settings;
  }

  private Properties fileSink() {
    Properties settings = settings();
    settings.setProperty("sinks", "file");
    settings.setProperty("sink.file.directory", scratch.resolve("traces").toString());
    return settings;
  }

  private static Exporter started(Properties settings) {
    Exporter exporter = new Exporter(ExporterSettings.from(settings, Map.of()));
    exporter.start();
    return exporter;
  }

  private void produceStatements(int count) throws Exception {
    try (AvroSerializer<TraceRecords> serializer =
        new AvroSerializer<>(TraceRecords.class, registry)) {
      for (int n = 0; n < count; n++) {
        byte[] value =
            serializer.serialize(Topics.TRACE_RECORDS, Sessions.statement(1000 + n % 7, n));
        producer.send(new ProducerRecord<>(Topics.TRACE_RECORDS, n % 7 % 2, null, value)).get();
      }
    }
  }

  private void produceTraces(int count) throws Exception {
    try (AvroSerializer<QueryTrace> serializer = new AvroSerializer<>(QueryTrace.class, registry)) {
      for (int n = 0; n < count; n++) {
        byte[] value = serializer.serialize(Topics.QUERY_TRACES, Traces.trace(n, 2, null));
        producer.send(new ProducerRecord<>(Topics.QUERY_TRACES, n % 2, null, value)).get();
      }
    }
  }

  private static void awaitCaughtUp(Exporter exporter) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!exporter.caughtUp()) {
      assertThat(System.nanoTime()).as("caught up: %s", exporter.counters()).isLessThan(end);
      Thread.sleep(50);
    }
  }

  private static void await(Exporter exporter, String counter, long value)
      throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (exporter.counters().get(counter) < value) {
      assertThat(System.nanoTime()).as("%s", exporter.counters()).isLessThan(end);
      Thread.sleep(50);
    }
  }

  /** How often each statement's number occurs in the trace files. */
  private Map<Integer, Integer> statements() throws Exception {
    Map<Integer, Integer> found = new TreeMap<>();
    try (Stream<Path> files = Files.list(scratch.resolve("traces"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".trc")).toList()) {
        Files.readAllLines(file).stream()
            .filter(line -> line.startsWith("select "))
            .map(line -> Integer.valueOf(line.split(" ", 3)[1]))
            .forEach(n -> found.merge(n, 1, Integer::sum));
      }
    }
    return found;
  }

  private static Map<Integer, Integer> expected(int count) {
    Map<Integer, Integer> expected = new TreeMap<>();
    IntStream.range(0, count).forEach(n -> expected.put(n, 1));
    return expected;
  }

  private ConsumerRecord<byte[], byte[]> deadLetter() {
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", kafka.bootstrapServers()),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.DEAD_LETTERS).stream()
              .map(p -> new TopicPartition(p.topic(), p.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      return consumer.poll(Duration.ofSeconds(10)).iterator().next();
    }
  }

  private static String header(ConsumerRecord<?, ?> record, String name) {
    return new String(record.headers().lastHeader("__connect.errors." + name).value(), UTF_8);
  }
}
