package io.pgstitch.processor.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.processor.stitch.BackendScript;
import io.pgstitch.processor.stitch.Counter;
import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.stitch.StitchLimits;
import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.AvroSerializer;
import io.pgstitch.schema.BackendKey;
import io.pgstitch.schema.BundledSchemaRegistry;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SamplingReason;
import io.pgstitch.schema.SamplingRule;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.Topics;
import io.pgstitch.schema.TraceRecords;
import io.pgstitch.schema.TrustedRecords;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a rule that comes with the events lets through to the topics. */
class SamplingTopologyTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:10Z");
  private static final long MS = 1_000_000;
  private static final SamplingRule SLOW_ALONE = new SamplingRule(0.0, 50 * MS, 0.0, false);

  @TempDir Path dir;
  private final StitchCounters counters = new StitchCounters();
  private final SchemaRegistry registry = new BundledSchemaRegistry();
  private final BackendScript script = new BackendScript();
  private final List<RawEventBatch> sent = new ArrayList<>();
  private TopologyTestDriver driver;
  private TestInputTopic<String, RawEventBatch> input;
  private TestOutputTopic<String, QueryTrace> traces;
  private TestOutputTopic<String, TraceRecords> records;
  private int from;

  @BeforeAll
  static void trust() {
    TrustedRecords.trust();
  }

  @BeforeEach
  void start() {
    Properties config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, "test");
    config.put(StreamsConfig.STATE_DIR_CONFIG, dir.toString());
    config.put(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, true);
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

  /** Sends what was added to the script, in one batch. */
  private void send(SamplingRule rule) {
    RawEventBatch batch = script.batch(from, script.size(), 0);
    batch.setSampling(rule);
    from = script.size();
    sent.add(batch);
    input.pipeInput(new TestRecord<>(BackendKey.of(script.backend()), batch, NOW));
  }

  private List<String> keptTexts() {
    return traces.readValuesToList().stream().map(QueryTrace::getText).toList();
  }

  private long decided() {
    return counters.snapshot().entrySet().stream()
        .filter(e -> e.getKey().startsWith("kept_") || e.getKey().equals("left_out"))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  private long closed() {
    return counters.snapshot().entrySet().stream()
        .filter(e -> e.getKey().startsWith("traces_"))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  private void select(String text, SamplingRule rule) {
    script.after(MS).simpleSelect(text, 1);
    send(rule);
  }

  private void slowSelect(String text, SamplingRule rule) {
    script.after(MS).running(text).enter("exec_simple_query").after(60 * MS);
    script.commandEnd("SELECT", 1).exit().idle();
    send(rule);
  }

  @Test
  void whatIsLeftOutHasItsRecordsAndNoSpans() {
    select("select 1", SLOW_ALONE);
    slowSelect("select 2", SLOW_ALONE);

    List<QueryTrace> kept = traces.readValuesToList();
    assertThat(kept).hasSize(1);
    assertThat(kept.get(0).getText()).isEqualTo("select 2");
    assertThat(kept.get(0).getSampling().getReason()).isEqualTo(SamplingReason.SLOW);
    assertThat(records.readValuesToList())
        .extracting(TraceRecords::getTraceId)
        .hasSize(2)
        .contains(kept.get(0).getTraceId());
    assertThat(counters.get(Counter.LEFT_OUT)).isEqualTo(1);
    assertThat(counters.get(Counter.KEPT_SLOW)).isEqualTo(1);
    assertThat(decided()).isEqualTo(closed()).isEqualTo(2);
  }

  @Test
  void aRuleHoldsForWhatEndsInItsBatchesAndNoOther() {
    select("select 1", null);
    select("select 2", SLOW_ALONE);
    select("select 3", new SamplingRule(1.0, 0L, 0.0, false));
    select("select 4", SLOW_ALONE);
    select("select 5", null);

    assertThat(keptTexts()).containsExactly("select 1", "select 3", "select 5");
    assertThat(counters.get(Counter.KEPT_NO_RULE)).isEqualTo(2);
    assertThat(counters.get(Counter.KEPT_SHARE)).isEqualTo(1);
    assertThat(decided()).isEqualTo(closed()).isEqualTo(5);
  }

  @Test
  void aBatchThatComesAgainIsNotDecidedAgain() {
    select("select 1", SLOW_ALONE);
    input.pipeInput(new TestRecord<>(BackendKey.of(script.backend()), sent.get(0), NOW));

    assertThat(traces.isEmpty()).isTrue();
    assertThat(decided()).isEqualTo(1);
  }

  @Test
  void historiesAreInTheStoreAndGoOnFromThere() {
    SamplingRule all = new SamplingRule(1.0, 0L, 3.0, false);
    for (int i = 0; i < 40; i++) {
      select("select 1", all);
    }
    QueryTrace seen = traces.readValue();
    QueryHistories again = new QueryHistories(driver.getKeyValueStore(StitchTopology.STORE));

    assertThat(seen.getQueryId()).isNotZero();
    assertThat(again.usualBefore(seen)).isPositive();
    seen.setQueryId(seen.getQueryId() + 1);
    assertThat(again.usualBefore(seen)).isEqualTo(-1);
  }

  @Test
  void historiesAreBounded() {
    MemoryStore store = new MemoryStore(StitchTopology.STORE);
    QueryHistories histories = new QueryHistories(store);
    QueryTrace trace = script.simpleSelect("select 1", 1).stitch().only();
    for (int i = 1; i <= QueryHistories.MOST + 500; i++) {
      trace.setQueryId(i);
      histories.usualBefore(trace);
      if (i % 100 == 0) {
        histories.save();
      }
    }
    histories.save();

    assertThat(store.approximateNumEntries()).isEqualTo(QueryHistories.MOST);
    QueryHistories restored = new QueryHistories(store);
    trace.setQueryId(QueryHistories.MOST + 1000);
    restored.usualBefore(trace);
    restored.save();
    // The one that was not used for longest went.
    assertThat(store.approximateNumEntries()).isEqualTo(QueryHistories.MOST);
    assertThat(store.all())
        .toIterable()
        .noneMatch(entry -> entry.key.contains("/501/"))
        .anyMatch(entry -> entry.key.contains("/502/"));
  }

  @Test
  void aReplayDecidesAsTheLiveProcessorDid() {
    SamplingRule rule = new SamplingRule(0.3, 50 * MS, 3.0, false);
    for (int i = 0; i < 200; i++) {
      if (i % 37 == 36) {
        slowSelect("select " + i, rule);
      } else {
        select("select " + i, i % 50 == 49 ? null : rule);
      }
    }
    List<QueryTrace> live = traces.readValuesToList();

    List<QueryTrace> offline = new ArrayList<>();
    StitchCounters offlineCounters = new StitchCounters();
    OfflineStitching stitching =
        new OfflineStitching(
            StitchLimits.DEFAULT,
            offlineCounters,
            SessionTimes.DEFAULT,
            new OfflineStitching.Output() {
              @Override
              public void trace(String key, QueryTrace trace) {
                offline.add(trace);
              }

              @Override
              public void records(String key, TraceRecords more, long endUtcMs) {}
            });
    for (RawEventBatch batch : sent) {
      stitching.accept(BackendKey.of(script.backend()), batch, NOW.toEpochMilli());
    }
    stitching.end("the end");

    assertThat(live.size()).isBetween(20, 120);
    assertThat(offline).hasSize(200);
    assertThat(
            offline.stream()
                .filter(
                    trace ->
                        trace.getSampling() == null
                            || trace.getSampling().getReason() != SamplingReason.LEFT_OUT))
        .isEqualTo(live);
    assertThat(offlineCounters.get(Counter.LEFT_OUT)).isEqualTo(counters.get(Counter.LEFT_OUT));
  }
}
