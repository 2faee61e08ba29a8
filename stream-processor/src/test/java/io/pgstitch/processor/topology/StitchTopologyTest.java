package io.pgstitch.processor.topology;

import static org.assertj.core.api.Assertions.assertThat;

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
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SchemaRegistry;
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
            new StitchTopology(StitchLimits.DEFAULT, counters, Duration.ofDays(7), registry).get(),
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
    assertThat(keys()).isEmpty();
    assertThat(counters.get(Counter.OPEN_SESSIONS)).isZero();
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
  void otherProcessesAreIgnoredAndCounted() {
    script.backend().setKind(BackendKind.OTHER);
    send(script.simpleSelect("select 1", 1).batch());
    assertThat(counters.get(Counter.IGNORED_BATCHES)).isEqualTo(1);
    assertThat(keys()).isEmpty();
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
