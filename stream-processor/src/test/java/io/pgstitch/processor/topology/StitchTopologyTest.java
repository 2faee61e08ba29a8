package io.pgstitch.processor.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.processor.stitch.ApartRecords;
import io.pgstitch.processor.stitch.BackendScript;
import io.pgstitch.processor.stitch.Counter;
import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.stitch.StitchLimits;
import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.AvroSerializer;
import io.pgstitch.schema.BackendKey;
import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.BundledSchemaRegistry;
import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.Note;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.Topics;
import io.pgstitch.schema.TraceRecords;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StitchTopologyTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:10Z");

  @TempDir Path dir;
  private final StitchCounters counters = new StitchCounters();
  private final SchemaRegistry registry = new BundledSchemaRegistry();
  private final BackendScript script = new BackendScript();
  private TopologyTestDriver driver;
  private TestInputTopic<String, RawEventBatch> input;
  private TestOutputTopic<String, QueryTrace> traces;
  private TestOutputTopic<String, TraceRecords> records;

  @BeforeEach
  void start() {
    Properties config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, "test");
    config.put(StreamsConfig.STATE_DIR_CONFIG, dir.toString());
    config.put(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, true);
    config.put(StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG, DeadLetters.class);
    config.put(StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG, DeadLetters.class);
    config.put(StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG, Topics.DEAD_LETTERS);
    config.put(DeadLetters.COUNTERS, counters);
    driver =
        new TopologyTestDriver(
            new StitchTopology(StitchLimits.DEFAULT, counters, SessionTimes.DEFAULT, registry)
                .get(),
            config,
            NOW);
    input =
        driver.createInputTopic(
            Topics.RAW_EVENTS,
            new StringSerializer(),
            new AvroSerializer<>(RawEventBatch.class, registry));
    traces =
        driver.createOutputTopic(
            Topics.QUERY_TRACES,
            new StringDeserializer(),
            new AvroDeserializer<>(QueryTrace.class, registry));
    records =
        driver.createOutputTopic(
            Topics.TRACE_RECORDS,
            new StringDeserializer(),
            new AvroDeserializer<>(TraceRecords.class, registry));
  }

  @AfterEach
  void stop() {
    driver.close();
  }

  private void send(RawEventBatch batch) {
    input.pipeInput(new TestRecord<>(BackendKey.of(script.backend()), batch, NOW));
  }

  private KeyValueStore<String, byte[]> store() {
    return driver.getKeyValueStore(StitchTopology.STORE);
  }

  @Test
  void traceHasTheInputsKeyAndItsEndAsTime() {
    send(script.simpleSelect("select 1", 1).batch());
    TestRecord<String, QueryTrace> trace = traces.readRecord();
    assertThat(trace.key()).isEqualTo(BackendKey.of(script.backend()));
    assertThat(trace.timestamp()).isEqualTo(trace.value().getEndUtcNs() / 1_000_000);
    assertThat(records.readValue().getTraceId()).isEqualTo(trace.value().getTraceId());
  }

  @Test
  void recordsOfABatchTravelTogether() {
    send(script.simpleSelect("select 1", 1).simpleSelect("select 2", 1).batch());
    TestRecord<String, TraceRecords> joined = records.readRecord();
    assertThat(records.isEmpty()).isTrue();
    List<QueryTrace> ended = traces.readValuesToList();
    assertThat(joined.timestamp()).isEqualTo(ended.get(1).getEndUtcNs() / 1_000_000);
    assertThat(joined.value().getTraceId()).isEmpty();
    assertThat(ApartRecords.of(joined.value()))
        .extracting(TraceRecords::getTraceId)
        .containsExactly(ended.get(0).getTraceId(), ended.get(1).getTraceId());
  }

  @Test
  void openStatementIsInTheStoreAndChunksGoWhenItEnds() {
    script.simpleSelect("select 1", 1);
    send(script.batch(0, 8, 0));
    assertThat(traces.isEmpty()).isTrue();
    assertThat(keys()).hasSize(2).anyMatch(key -> key.startsWith("c/"));
    send(script.batch(8, script.size(), 0));
    assertThat(traces.readValue().getText()).isEqualTo("select 1");
    assertThat(keys()).hasSize(1).allMatch(key -> key.startsWith("s/"));
  }

  @Test
  void endOfTheProcessLeavesNothingInTheStore() {
    send(script.simpleSelect("select 1", 1).backendEnd().batch());
    assertThat(keys()).allMatch(key -> key.startsWith("e/"));
    assertThat(counters.get(Counter.OPEN_SESSIONS)).isZero();
    driver.advanceWallClockTime(Duration.ofMinutes(12));
    assertThat(keys()).isEmpty();
  }

  @Test
  void batchThatComesAgainAfterTheEndDoesNotBeginTheSessionAnew() {
    RawEventBatch batch = script.simpleSelect("select 1", 1).backendEnd().batch();
    send(batch);
    send(batch);
    assertThat(traces.readValuesToList()).hasSize(1);
    assertThat(counters.get(Counter.DUPLICATE_BATCHES)).isEqualTo(1);
    assertThat(counters.get(Counter.OPEN_SESSIONS)).isZero();
  }

  @Test
  void aPidThatIsUsedAgainIsAnotherSession() {
    script.running("select 'first'").enter("exec_simple_query");
    int seen = script.size();
    send(script.batch());
    BackendScript next = new BackendScript();
    next.backend().setStartNs(script.backend().getStartNs() + 1_000_000_000);
    send(next.simpleSelect("select 'next'", 1).batch());
    // The end of the first comes late.
    script.commandEnd("SELECT", 1).exit().idle();
    send(script.batch(seen, script.size(), 0));

    List<QueryTrace> both = traces.readValuesToList();
    assertThat(both)
        .extracting(QueryTrace::getText)
        .containsExactly("select 'next'", "select 'first'");
    assertThat(both).allMatch(QueryTrace::getComplete);
    assertThat(both.get(0).getTraceId()).isNotEqualTo(both.get(1).getTraceId());
    assertThat(counters.get(Counter.OPEN_SESSIONS)).isEqualTo(2);
  }

  @Test
  void undecodableRecordGoesToTheDeadLettersAndTheNextIsStitched() {
    driver
        .createInputTopic(Topics.RAW_EVENTS, new StringSerializer(), new ByteArraySerializer())
        .pipeInput("key", "not ours".getBytes(StandardCharsets.UTF_8));
    send(script.simpleSelect("select 1", 1).batch());
    TestRecord<byte[], byte[]> letter =
        driver
            .createOutputTopic(
                Topics.DEAD_LETTERS, new ByteArrayDeserializer(), new ByteArrayDeserializer())
            .readRecord();
    assertThat(letter.value()).isEqualTo("not ours".getBytes(StandardCharsets.UTF_8));
    assertThat(letter.headers().lastHeader("__streams.errors.exception")).isNotNull();
    assertThat(counters.get(Counter.DEAD_LETTERS)).isEqualTo(1);
    assertThat(traces.isEmpty()).isFalse();
  }

  @Test
  void deadLetterKeepsTheHeadersOfItsRecord() {
    RecordHeaders headers = new RecordHeaders();
    headers.add("pgstitch.retry.count", "1".getBytes(StandardCharsets.UTF_8));
    driver
        .createInputTopic(Topics.RAW_EVENTS, new StringSerializer(), new ByteArraySerializer())
        .pipeInput(new TestRecord<>("key", new byte[] {1}, headers, NOW));
    TestRecord<byte[], byte[]> letter =
        driver
            .createOutputTopic(
                Topics.DEAD_LETTERS, new ByteArrayDeserializer(), new ByteArrayDeserializer())
            .readRecord();
    assertThat(letter.headers().lastHeader("pgstitch.retry.count").value())
        .isEqualTo("1".getBytes(StandardCharsets.UTF_8));
    assertThat(letter.headers().lastHeader("__streams.errors.topic")).isNotNull();
  }

  @Test
  void batchThatCannotBeStitchedChangesNothing() {
    script.simpleSelect("select 1", 1);
    send(script.batch(0, 5, 0));
    RawEventBatch broken = script.batch(5, script.size(), 0);
    broken.setStrings(List.of(""));
    send(broken);
    assertThat(counters.get(Counter.DEAD_LETTERS)).isEqualTo(1);
    assertThat(traces.isEmpty()).isTrue();
    send(script.batch(5, script.size(), 0));
    assertThat(traces.readValue().getComplete()).isTrue();
  }

  @Test
  void processWithoutAClientHasStatements() {
    script.backend().setKind(BackendKind.OTHER);
    script.backend().setBackendType("autovacuum worker");
    script
        .running("autovacuum: VACUUM public.t")
        .after(5_000)
        .running("autovacuum: VACUUM public.u");
    send(script.after(5_000).backendEnd().batch());
    List<QueryTrace> seen = traces.readValuesToList();
    assertThat(seen)
        .extracting(QueryTrace::getText)
        .containsExactly("autovacuum: VACUUM public.t", "autovacuum: VACUUM public.u");
    assertThat(seen).extracting(QueryTrace::getCloseReason).containsOnly(CloseReason.COMPLETED);
    assertThat(seen.get(0).getSpans())
        .extracting(Span::getName)
        .containsExactly("EXEC", "autovacuum worker");
  }

  @Test
  void workersTraceWaitsInTheStoreForItsLeader() {
    BackendScript worker = BackendScript.worker(script, 5000, 77, 0);
    worker.after(5_000).running("select 1").after(5_000).backendEnd();
    script.running("select 1").enter("standard_ProcessUtility").workerLaunched(9, 77, 0);
    script.after(20_000).workersDestroyed(9).exit().commandEnd("SELECT", 1).idle();
    send(worker.batch());
    assertThat(traces.isEmpty()).isTrue();
    assertThat(keys()).anyMatch(key -> key.startsWith("h/")).anyMatch(key -> key.startsWith("t/"));
    send(script.batch());
    List<QueryTrace> seen = traces.readValuesToList();
    assertThat(seen).hasSize(2);
    assertThat(seen.get(0).getLeader().getTraceId()).isEqualTo(seen.get(1).getTraceId());
    assertThat(keys()).noneMatch(key -> key.startsWith("h/"));
    assertThat(notes()).anyMatch(note -> note.contains("pid=5000"));
    driver.advanceWallClockTime(Duration.ofMinutes(4));
    driver.advanceWallClockTime(Duration.ofMinutes(4));
    assertThat(keys()).allMatch(key -> key.startsWith("s/") || key.startsWith("e/"));
  }

  @Test
  void workersTraceDoesNotWaitForEver() {
    BackendScript worker = BackendScript.worker(script, 5000, 77, 0);
    send(worker.after(5_000).running("select 1").after(5_000).backendEnd().batch());
    driver.advanceWallClockTime(Duration.ofMinutes(4));
    driver.advanceWallClockTime(Duration.ofMinutes(4));
    assertThat(traces.readValue().getLeader()).isNull();
    assertThat(keys()).allMatch(key -> key.startsWith("e/"));
  }

  private List<String> notes() {
    return records.readValuesToList().stream()
        .flatMap(each -> each.getRecords().stream())
        .filter(Note.class::isInstance)
        .map(note -> ((Note) note).getText())
        .toList();
  }

  @Test
  void silentSessionIsForgottenOnAQuietStream() {
    send(script.running("select 1").batch());
    driver.advanceWallClockTime(Duration.ofDays(8));
    assertThat(traces.readValue().getCloseReason()).isEqualTo(CloseReason.LIMIT);
    assertThat(keys()).isEmpty();
    assertThat(counters.get(Counter.SESSIONS_EXPIRED)).isEqualTo(1);
  }

  private List<String> keys() {
    List<String> keys = new ArrayList<>();
    try (var all = store().all()) {
      all.forEachRemaining(entry -> keys.add(entry.key));
    }
    return keys;
  }
}
