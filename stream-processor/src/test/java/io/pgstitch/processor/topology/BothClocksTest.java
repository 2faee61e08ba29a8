package io.pgstitch.processor.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.processor.stitch.BackendScript;
import io.pgstitch.processor.stitch.Counter;
import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.stitch.StitchLimits;
import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.AvroSerializer;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendKey;
import io.pgstitch.schema.BundledSchemaRegistry;
import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.OpenQuery;
import io.pgstitch.schema.OpenWait;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.MockProcessorContext.CapturedPunctuator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What time does, by the events' clock and by this host's, while no event of a backend comes. */
class BothClocksTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:10Z");
  private static final Duration SECOND = Duration.ofSeconds(1);

  @TempDir Path dir;
  private final StitchCounters counters = new StitchCounters();
  private final SchemaRegistry registry = new BundledSchemaRegistry();
  private final BackendScript script = new BackendScript();
  private final BackendScript other = new BackendScript();
  private TopologyTestDriver driver;
  private TestInputTopic<String, RawEventBatch> input;
  private TestOutputTopic<String, QueryTrace> traces;
  private TestOutputTopic<String, OpenQuery> open;

  @BeforeEach
  void start() {
    other.backend().setPid(4712);
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
    open =
        driver.createOutputTopic(
            Topics.OPEN_QUERIES,
            new StringDeserializer(),
            new AvroDeserializer<>(OpenQuery.class, registry));
  }

  @AfterEach
  void stop() {
    driver.close();
  }

  private void send(RawEventBatch batch, Instant at) {
    input.pipeInput(new TestRecord<>(BackendKey.of(batch.getBackend()), batch, at));
  }

  private RawEventBatch sign(OpenWait wait) {
    RawEventBatch sign = script.batch(script.size(), script.size(), 0);
    sign.setBaseNs(script.now() + 1_000);
    sign.setOpenWait(wait);
    return sign;
  }

  @Test
  void statementIsPublishedOnceItRanForASecondAndATombstoneFollows() {
    send(script.running("select pg_sleep(60)").batch(), NOW);
    int first = script.size();
    driver.advanceWallClockTime(SECOND);
    assertThat(open.isEmpty()).isTrue();
    driver.advanceWallClockTime(SECOND);
    TestRecord<String, OpenQuery> shown = open.readRecord();
    Backend backend = script.backend();
    assertThat(shown.key()).isEqualTo(BackendKey.of(backend) + "/4711/" + backend.getStartNs());
    assertThat(shown.value().getText()).isEqualTo("select pg_sleep(60)");
    assertThat(shown.value().getWaitEvent()).isNull();
    driver.advanceWallClockTime(Duration.ofMinutes(1));
    assertThat(open.isEmpty()).as("nothing changed").isTrue();

    send(sign(new OpenWait("Timeout", "PgSleep", script.now(), List.of())), NOW);
    driver.advanceWallClockTime(SECOND);
    assertThat(open.readValue().getWaitEvent()).isEqualTo("PgSleep");

    script.waits("Timeout", "PgSleep", 60_000).idle();
    send(script.batch(first, script.size(), 0), NOW);
    String id = traces.readValue().getTraceId();
    assertThat(id).isEqualTo(shown.value().getTraceId());
    driver.advanceWallClockTime(SECOND);
    TestRecord<String, OpenQuery> gone = open.readRecord();
    assertThat(gone.key()).isEqualTo(shown.key());
    assertThat(gone.value()).isNull();
    driver.advanceWallClockTime(Duration.ofMinutes(1));
    assertThat(open.isEmpty()).isTrue();
  }

  @Test
  void shortStatementsAreNotPublished() {
    int from = 0;
    for (int i = 0; i < 5; i++) {
      script.running("select " + i);
      send(script.batch(from, script.size(), 0), NOW);
      from = script.size();
      driver.advanceWallClockTime(SECOND);
    }
    assertThat(open.isEmpty()).isTrue();
  }

  @Test
  void nextStatementTakesTheFirstOnesPlace() {
    send(script.running("select 1").batch(), NOW);
    driver.advanceWallClockTime(SECOND);
    driver.advanceWallClockTime(SECOND);
    assertThat(open.readValue().getText()).isEqualTo("select 1");
    int first = script.size();
    send(script.idle().running("select 2").batch(first, script.size(), 0), NOW);
    driver.advanceWallClockTime(SECOND);
    assertThat(open.readValue()).isNull();
    driver.advanceWallClockTime(SECOND);
    assertThat(open.readValue().getText()).isEqualTo("select 2");
  }

  @Test
  void endOfTheProcessIsATombstone() {
    send(script.running("select 1").batch(), NOW);
    driver.advanceWallClockTime(SECOND);
    driver.advanceWallClockTime(SECOND);
    assertThat(open.readValue()).isNotNull();
    int first = script.size();
    send(script.backendEnd().batch(first, script.size(), 0), NOW);
    driver.advanceWallClockTime(SECOND);
    assertThat(open.readValue()).isNull();
    try (var all = driver.<String, byte[]>getKeyValueStore(StitchTopology.STORE).all()) {
      // What is left remembers that the session has ended.
      all.forEachRemaining(entry -> assertThat(entry.key).startsWith("e/"));
    }
  }

  @Test
  void whatReadersSeeIsKnownAfterARestart() {
    send(script.running("select 1").batch(), NOW);
    driver.advanceWallClockTime(SECOND);
    driver.advanceWallClockTime(SECOND);
    String key = open.readRecord().key();
    OpenQueries next =
        new OpenQueries(driver.getKeyValueStore(StitchTopology.STORE), counters, SECOND);
    assertThat(next.restore(NOW.toEpochMilli())).containsExactly(key);
    List<String> tombstones = new ArrayList<>();
    next.publish(
        Map.of(),
        id -> null,
        NOW.toEpochMilli(),
        (id, query) -> {
          assertThat(query).isNull();
          tombstones.add(id);
        });
    assertThat(tombstones).containsExactly(key);
    assertThat(
            new OpenQueries(driver.getKeyValueStore(StitchTopology.STORE), counters, SECOND)
                .restore(0))
        .isEmpty();
  }

  @Test
  void statementThatWasNotShownBeforeARestartIsShownAfterIt() {
    send(script.running("select pg_sleep(60)").batch(), NOW);
    send(other.running("select 1").idle().batch(), NOW);
    MockProcessorContext<String, SpecificRecord> context = new MockProcessorContext<>();
    StitchProcessor next = restarted(context, true);
    for (int second = 0; second < 2; second++) {
      for (CapturedPunctuator each : context.scheduledPunctuators()) {
        if (each.getInterval().equals(SECOND)) {
          each.getPunctuator().punctuate(NOW.plusSeconds(second).toEpochMilli());
        }
      }
    }
    assertThat(context.forwarded())
        .singleElement()
        .satisfies(
            shown ->
                assertThat(((OpenQuery) shown.record().value()).getText())
                    .isEqualTo("select pg_sleep(60)"));
    next.close();
  }

  @Test
  void statesOfAnotherVersionAreLeftAloneAtAStart() {
    send(script.running("select pg_sleep(60)").batch(), NOW);
    StitchProcessor next = restarted(new MockProcessorContext<>(), false);
    assertThat(counters.get(Counter.STATES_DISCARDED)).isPositive();
    next.close();
  }

  /**
   * A processor that begins with the store as it is now.
   *
   * @param same whether it is of the same version: else the states' fingerprints are others
   */
  private StitchProcessor restarted(
      MockProcessorContext<String, SpecificRecord> context, boolean same) {
    KeyValueStore<String, byte[]> store =
        Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore(StitchTopology.STORE),
                Serdes.String(),
                Serdes.ByteArray())
            .withLoggingDisabled()
            .build();
    store.init(context.getStateStoreContext(), store);
    context.addStateStore(store);
    try (var all = driver.<String, byte[]>getKeyValueStore(StitchTopology.STORE).all()) {
      all.forEachRemaining(
          entry -> {
            byte[] value = entry.value.clone();
            if (!same) {
              // Behind the two times of a state.
              value[2 * Long.BYTES] ^= 1;
            }
            store.put(entry.key, value);
          });
    }
    context.setCurrentSystemTimeMs(NOW.toEpochMilli());
    StitchProcessor processor =
        new StitchProcessor(StitchLimits.DEFAULT, counters, SessionTimes.DEFAULT, false);
    processor.init(context);
    return processor;
  }

  @Test
  void signOfLifeOfAnUnknownBackendMakesNoSession() {
    send(sign(null), NOW);
    assertThat(counters.get(Counter.STALE_SIGNS_OF_LIFE)).isEqualTo(1);
    assertThat(counters.get(Counter.OPEN_SESSIONS)).isZero();
    try (var all = driver.<String, byte[]>getKeyValueStore(StitchTopology.STORE).all()) {
      assertThat(all.hasNext()).isFalse();
    }
  }

  @Test
  void silentBackendsTraceIsClosedByTheWallClockAndItsSessionStays() {
    send(script.running("select 1").waits("IO", "DataFileRead", 1_000).batch(), NOW);
    int first = script.size();
    for (int i = 0; i < 7; i++) {
      driver.advanceWallClockTime(Duration.ofHours(1));
    }
    QueryTrace closed = traces.readValue();
    assertThat(closed.getCloseReason()).isEqualTo(CloseReason.LIMIT);
    assertThat(closed.getCloseLimit()).isEqualTo("idle");
    assertThat(counters.get(Counter.OPEN_SESSIONS)).isEqualTo(1);
    send(
        script.waits("IO", "DataFileRead", 1_000).idle().batch(first, script.size(), 0),
        NOW.plus(Duration.ofHours(7)));
    QueryTrace rest = traces.readValue();
    assertThat(rest.getContinuesTraceId()).isEqualTo(closed.getTraceId());
    assertThat(rest.getTraceId()).isNotEqualTo(closed.getTraceId());
  }

  @Test
  void signsOfLifeKeepATraceOpen() {
    send(script.running("select 1").batch(), NOW);
    for (int i = 1; i <= 20; i++) {
      driver.advanceWallClockTime(Duration.ofHours(1));
      send(sign(null), NOW.plus(Duration.ofHours(i)));
    }
    assertThat(traces.isEmpty()).isTrue();
  }

  @Test
  void silentBackendsTraceIsClosedByTheTimeOfTheOthersEvents() {
    Instant then = NOW.minus(Duration.ofDays(2));
    send(script.running("select 1").batch(), then);
    for (int i = 0; i < 8; i++) {
      int from = other.size();
      other.idle();
      send(other.batch(from, other.size(), 0), then.plus(Duration.ofHours(i)));
    }
    QueryTrace closed = traces.readValue();
    assertThat(closed.getCloseLimit()).isEqualTo("idle");
    assertThat(closed.getBackend().getPid()).isEqualTo(4711);
    assertThat(traces.isEmpty()).isTrue();
  }

  @Test
  void openBackendsNeedLittleMemory() {
    assertThat(heapOf(2_000)).isLessThan(2_000L * 30_000);
  }

  @Test
  @Tag("soak")
  void tenThousandOpenBackendsFitIntoHalfAGibibyte() {
    assertThat(heapOf(10_000)).isLessThan(384L << 20);
  }

  /** Bytes of heap that so many backends with an open statement take, with their saved state. */
  private long heapOf(int backends) {
    String text = "select * from orders where id = $1 and region = 'north' and note like '%late%'";
    script.running(text).call("pg_parse_query").portal(0x10, "SELECT");
    script.ownStart(0x10, 0x11, 1).enter("PortalRun", 0x10).enter("standard_ExecutorRun", 0x11);
    for (int i = 0; i < 20; i++) {
      script.waits("IO", "DataFileRead", 1_000);
    }
    final long before = usedHeap();
    for (int i = 0; i < backends; i++) {
      script.backend().setPid(10_000 + i);
      send(script.batch(), NOW);
    }
    long after = usedHeap();
    assertThat(counters.get(Counter.OPEN_SESSIONS)).isEqualTo(backends);
    return after - before;
  }

  private static long usedHeap() {
    Runtime runtime = Runtime.getRuntime();
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
