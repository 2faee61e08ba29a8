package io.pgstitch.processor.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.processor.stitch.BackendScript;
import io.pgstitch.processor.stitch.Counter;
import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.stitch.StitchLimits;
import io.pgstitch.processor.stitch.Stitched;
import io.pgstitch.processor.topology.SessionTimes;
import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.ParsingInCursor;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SamplingReason;
import io.pgstitch.schema.SamplingRule;
import io.pgstitch.schema.TraceRecords;
import io.pgstitch.schema.TrustedRecords;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a replay writes, compared with what the stitcher says of the same events at once. */
class ReplayTest {
  private static final long START_UTC = BackendScript.START + BackendScript.UTC_OFFSET;
  private static final StitchLimits SMALL_PARTS = new StitchLimits(10, 512, 64, 64);

  private static final SessionTimes IDLE =
      new SessionTimes(Duration.ofHours(168), Duration.ofHours(168), Duration.ZERO);

  private final StitchCounters counters = new StitchCounters();
  private final ListSource source = new ListSource();
  private final Kept kept = new Kept();

  @BeforeAll
  static void trust() {
    TrustedRecords.trust();
  }

  /** What was written. */
  private static final class Kept implements ReplayOutput {
    final List<SpecificRecord> all = new ArrayList<>();
    final List<QueryTrace> traces = new ArrayList<>();
    final List<Place> places = new ArrayList<>();

    @Override
    public void trace(String key, Place place, QueryTrace trace) {
      all.add(trace);
      traces.add(trace);
      places.add(place);
    }

    @Override
    public void records(String key, Place place, TraceRecords records) {
      all.add(records);
      places.add(place);
    }

    List<String> texts() {
      return traces.stream().filter(QueryTrace::getLast).map(QueryTrace::getText).toList();
    }
  }

  private ReplaySummary replay(RawSource from, TraceSelection selection, StitchLimits limits) {
    return new Replay(from, selection, limits, IDLE, counters).run(kept, part -> {});
  }

  private ReplaySummary replay(TraceSelection selection) {
    return replay(source, selection, StitchLimits.DEFAULT);
  }

  private static BackendScript session(int pid) {
    BackendScript script = new BackendScript();
    script.backend().setPid(pid);
    return script;
  }

  /** One batch for each so many events. */
  private void add(int stream, BackendScript script, int events) {
    for (int from = 0; from < script.size(); from += events) {
      source.add(stream, script.batch(from, Math.min(script.size(), from + events), 0));
    }
  }

  private static TraceSelection between(long from, long to) {
    return new TraceSelection(
        OptionalLong.of(from),
        OptionalLong.of(to),
        Optional.empty(),
        OptionalInt.empty(),
        Optional.empty(),
        Optional.empty(),
        OptionalLong.empty(),
        OptionalLong.empty());
  }

  @Test
  void sameTracesAndRecordsAsTheStitchers() {
    BackendScript script =
        session(1).simpleSelect("select 1", 1).simpleSelect("select 2", 3).backendEnd();
    add(0, script, 5);

    ReplaySummary summary = replay(TraceSelection.ALL);

    assertThat(kept.all).isEqualTo(script.stitch().all);
    assertThat(summary.traces()).isEqualTo(2);
    assertThat(summary.sessions()).isEqualTo(1);
    assertThat(summary.incomplete()).isZero();
    assertThat(counters.get(Counter.EVENTS)).isEqualTo(script.size());
  }

  @Test
  void manySessionsAtOnce() {
    List<BackendScript> scripts = new ArrayList<>();
    for (int pid = 1; pid <= 1_500; pid++) {
      scripts.add(session(pid).simpleSelect("select " + pid, 1).backendEnd());
    }
    int half = scripts.get(0).size() / 2;
    scripts.forEach(script -> source.add(0, script.batch(0, half, 0)));
    scripts.forEach(script -> source.add(0, script.batch(half, script.size(), 0)));

    ReplaySummary summary = replay(TraceSelection.ALL);

    List<SpecificRecord> expected = new ArrayList<>();
    scripts.forEach(script -> expected.addAll(script.stitch().all));
    assertThat(kept.all).isEqualTo(expected);
    assertThat(summary.sessions()).isEqualTo(1_500);
  }

  @Test
  void aTraceThatStraddlesAnEdgeIsWholeAndOthersAreLeftOut() {
    BackendScript script = session(1).simpleSelect("select 'before'", 1);
    long end = script.now();
    script.running("select f()").call("pg_parse_query").portal(0x10, "SELECT");
    script.ownStart(0x10, 0x11, 1).enter("PortalRun", 0x10).enter("standard_ExecutorRun", 0x11);
    for (int i = 0; i < 45; i++) {
      script.waits("IO", "DataFileRead", 500);
    }
    long middle = script.now();
    script.exit(1).exit().endOfPortal(0x10, 0x11).transactionEnd(true);
    script.commandEnd("SELECT", 1).idle().after(50_000).simpleSelect("select 'after'", 1);
    add(0, script, 7);
    assertThat(middle).isGreaterThan(end);

    ReplaySummary summary =
        replay(
            source,
            between(middle + BackendScript.UTC_OFFSET - 1, middle + BackendScript.UTC_OFFSET + 1),
            SMALL_PARTS);

    List<QueryTrace> expected =
        script.stitch(SMALL_PARTS).traces.stream()
            .filter(part -> part.getText().equals("select f()"))
            .toList();
    assertThat(expected).hasSizeGreaterThan(3);
    assertThat(kept.traces).isEqualTo(expected);
    assertThat(kept.all).filteredOn(TraceRecords.class::isInstance).hasSize(expected.size());
    assertThat(summary.traces()).isEqualTo(1);
  }

  @Test
  void theSurveyCountsWhatTheRunWrites() {
    add(0, session(1).simpleSelect("select 1", 1).simpleSelect("select 2", 1), 9);
    add(1, session(2).simpleSelect("select 3", 1), 9);
    Replay replay =
        new Replay(
            source,
            between(START_UTC, Long.MAX_VALUE),
            StitchLimits.DEFAULT,
            IDLE,
            new StitchCounters());

    ReplaySummary survey = replay.survey(part -> {});
    ReplaySummary run = replay.run(kept, part -> {});

    assertThat(survey.traces()).isEqualTo(3).isEqualTo(run.traces());
    assertThat(survey.sessions()).isEqualTo(2).isEqualTo(run.sessions());
    assertThat(survey.firstStartUtcNs()).isEqualTo(run.firstStartUtcNs());
    assertThat(kept.texts()).containsExactly("select 1", "select 2", "select 3");
  }

  @Test
  void slowOnesAlone() {
    BackendScript script = session(1).simpleSelect("select 'quick'", 1);
    script.running("select 'slow'").call("pg_parse_query").after(9_000_000).idle();
    script.simpleSelect("select 'quick again'", 1);
    add(0, script, 100);
    replay(slow());

    assertThat(kept.texts()).containsExactly("select 'slow'");
    assertThat(kept.all).filteredOn(TraceRecords.class::isInstance).hasSize(1);
  }

  /** Slower than five milliseconds. */
  private static TraceSelection slow() {
    return new TraceSelection(
        OptionalLong.empty(),
        OptionalLong.empty(),
        Optional.empty(),
        OptionalInt.empty(),
        Optional.of("postgres"),
        Optional.of("app"),
        OptionalLong.empty(),
        OptionalLong.of(5_000_000));
  }

  @Test
  void whatIsOpenAtTheEndIsMarkedAndAnIdleSessionAddsNothing() {
    BackendScript open = session(1).simpleSelect("select 1", 1).running("select 'open'");
    BackendScript idle = session(2).simpleSelect("select 2", 1);
    add(0, open, 100);
    add(0, idle, 100);

    ReplaySummary summary = replay(TraceSelection.ALL);

    assertThat(kept.texts()).containsExactly("select 1", "select 2", "select 'open'");
    QueryTrace cut = kept.traces.get(2);
    assertThat(cut.getComplete()).isFalse();
    assertThat(cut.getCloseReason()).isEqualTo(CloseReason.LIMIT);
    assertThat(summary.incomplete()).isEqualTo(1);
    Stitched live = idle.stitch();
    assertThat(kept.all).containsAll(live.all);
    assertThat(kept.all).hasSize(6);
  }

  @Test
  void aSessionWhoseBeginningIsNotThereIsMarkedAndKeepsItsIds() {
    BackendScript script = session(1).simpleSelect("select 1", 1).simpleSelect("select 2", 1);
    script.simpleSelect("select 3", 1);
    int third = script.size() / 3;
    source.add(0, script.batch(0, third + 4, 0));
    source.add(0, script.batch(third + 4, script.size(), 0));

    ReplaySummary summary = replay(source.without(0, 1), TraceSelection.ALL, StitchLimits.DEFAULT);

    assertThat(summary.begunBefore()).isEqualTo(1);
    assertThat(kept.traces.get(0).getBegunBefore()).isTrue();
    assertThat(kept.traces.get(0).getComplete()).isFalse();
    List<QueryTrace> whole = script.stitch().traces;
    assertThat(kept.traces.get(kept.traces.size() - 1).getTraceId())
        .isEqualTo(whole.get(2).getTraceId());
    assertThat(kept.traces.get(kept.traces.size() - 1).getSpans())
        .isEqualTo(whole.get(2).getSpans());
  }

  @Test
  void placesAscendAndDoNotDependOnWhatCameBefore() {
    BackendScript script = session(1).simpleSelect("select 1", 1).simpleSelect("select 2", 1);
    source.add(0, session(2).simpleSelect("select 'other'", 1).batch());
    source.add(0, script.batch());

    replay(TraceSelection.ALL);
    List<ReplayOutput.Place> whole = List.copyOf(kept.places);
    assertThat(whole).extracting(ReplayOutput.Place::number).isSorted().doesNotHaveDuplicates();

    kept.places.clear();
    replay(source.without(0, 1), TraceSelection.ALL, StitchLimits.DEFAULT);
    assertThat(kept.places).isEqualTo(whole.subList(2, whole.size()));
  }

  @Test
  void aBatchThatCannotBeStitchedChangesNothing() {
    BackendScript script = session(1).simpleSelect("select 1", 1);
    RawEventBatch broken = script.batch(5, script.size(), 0);
    broken.setStrings(List.of(""));
    source.add(0, script.batch(0, 5, 0)).add(0, broken);
    source.add(0, script.batch(5, script.size(), 0));

    replay(TraceSelection.ALL);

    assertThat(counters.get(Counter.DEAD_LETTERS)).isEqualTo(1);
    assertThat(kept.all).isEqualTo(script.stitch().all);
  }

  @Test
  void aSessionThatIsSilentForTooLongByTheTimeOfTheEventsIsForgotten() {
    BackendScript silent = session(1).running("select 'silent'").call("pg_parse_query");
    BackendScript idle = session(2).simpleSelect("select 2", 1);
    source.add(0, silent.batch()).add(0, idle.batch());
    RawEventBatch muchLater = session(3).simpleSelect("select 3", 1).batch();
    muchLater.setBaseNs(muchLater.getBaseNs() + IDLE.sessionIdle().toNanos() * 2);
    source.add(0, muchLater);

    replay(TraceSelection.ALL);

    assertThat(kept.texts()).containsExactly("select 2", "select 'silent'", "select 3");
    assertThat(counters.get(Counter.SESSIONS_EXPIRED)).isEqualTo(2);
  }

  @Test
  void aBackendIsChosenWithItsWorkers() {
    add(0, session(1).simpleSelect("select 1", 1), 100);
    add(0, session(2).simpleSelect("select 2", 1), 100);
    BackendScript worker = session(3).simpleSelect("select 3", 1);
    worker.backend().setLeaderPid(2);
    add(0, worker, 100);
    TraceSelection two =
        new TraceSelection(
            OptionalLong.empty(),
            OptionalLong.empty(),
            Optional.of("db1"),
            OptionalInt.of(2),
            Optional.empty(),
            Optional.empty(),
            OptionalLong.empty(),
            OptionalLong.empty());

    replay(two);

    assertThat(kept.texts()).containsExactly("select 2", "select 3");
  }

  @Test
  void aWorkerThatEndedBeforeTheRangeIsWrittenWithItsLeadersTrace() {
    BackendScript leader = session(2).running("select n").call("pg_parse_query");
    leader.portal(1, "SELECT").ownStart(1, 2, 1);
    leader.enter("PortalRun", 1).enter("standard_ExecutorRun", 2).workerLaunched(9, 77, 0);
    BackendScript worker = BackendScript.worker(leader, 3, 77, 0);
    worker.after(2_000).running("select n").statement(5, "select n", 1, -1, 0).exit();
    worker.enter("standard_ExecutorRun", 5).exit(3).backendEnd();
    long workerEnded = worker.now();
    leader.after(60_000).workersDestroyed(9).after(50_000).exit(1).exit(1);
    leader.commandEnd("SELECT", 1).transactionEnd(true).idle();
    long leaderEnded = leader.now();
    leader.simpleSelect("select 4", 1);
    add(0, leader, 5);
    add(0, worker, 100);
    long utc = BackendScript.UTC_OFFSET;

    ReplaySummary summary = replay(between(workerEnded + 40_000 + utc, workerEnded + 41_000 + utc));

    assertThat(kept.traces)
        .extracting(trace -> trace.getBackend().getPid())
        .containsExactlyInAnyOrder(2, 3);
    assertThat(kept.all)
        .filteredOn(TraceRecords.class::isInstance)
        .extracting(records -> ((TraceRecords) records).getBackend().getPid())
        .contains(2, 3);
    assertThat(summary.traces()).isEqualTo(2);

    kept.all.clear();
    kept.traces.clear();
    replay(between(leaderEnded + 1_000 + utc, Long.MAX_VALUE));
    assertThat(kept.texts()).containsExactly("select 4");
  }

  @Test
  void progressRisesToOne() {
    add(0, session(1).simpleSelect("select 1", 1), 3);
    add(1, session(2).simpleSelect("select 2", 1), 3);
    List<Double> parts = new ArrayList<>();

    new Replay(source, between(0, Long.MAX_VALUE), StitchLimits.DEFAULT, IDLE, counters)
        .run(kept, parts::add);

    assertThat(parts).isSorted().hasSizeGreaterThan(4);
    assertThat(parts.get(parts.size() - 1)).isEqualTo(1.0);
  }

  @Test
  void whatSamplingLeftOutIsWrittenWhenItIsAskedFor() {
    BackendScript script =
        session(1).simpleSelect("select 1", 1).after(2_000_000).simpleSelect("select 2", 3);
    RawEventBatch batch = script.batch();
    batch.setSampling(new SamplingRule(0.0, 0L, 0.0, false));
    source.add(0, batch);

    ReplaySummary without = replay(TraceSelection.ALL);
    List<SpecificRecord> records = List.copyOf(kept.all);
    ReplaySummary with = replay(withLeftOut());

    assertThat(without.traces()).isZero();
    assertThat(without.leftOut()).isEqualTo(2);
    assertThat(records).hasSize(2).allMatch(TraceRecords.class::isInstance);
    assertThat(with.traces()).isEqualTo(2);
    assertThat(with.leftOut()).isZero();
    assertThat(kept.texts()).containsExactly("select 1", "select 2");
    assertThat(kept.traces)
        .allMatch(trace -> trace.getSampling().getReason() == SamplingReason.LEFT_OUT);
  }

  @Test
  void recordsOfATraceThatSamplingHeldBackAreChosenWithIt() {
    BackendScript script = session(1).simpleSelectInTransaction("select 'quick'", 1);
    script.running("select 'slow'").call("pg_parse_query").after(9_000_000);
    script.commandEnd("SELECT", 1).idleInTransaction();
    int held = script.size();
    script.simpleSelectInTransaction("select 'quick again'", 1).simpleSelect("commit", 1);
    for (RawEventBatch batch :
        List.of(script.batch(0, held, 0), script.batch(held, script.size(), 0))) {
      batch.setSampling(new SamplingRule(0.0, 0L, 0.0, false));
      source.add(0, batch);
    }
    ReplaySummary summary = replay(slow());

    assertThat(summary.leftOut()).isEqualTo(1);
    assertThat(kept.all).hasSize(1).allMatch(TraceRecords.class::isInstance);
    TraceRecords records = (TraceRecords) kept.all.get(0);
    assertThat(((ParsingInCursor) records.getRecords().get(0)).getText())
        .isEqualTo("select 'slow'");
  }

  private static TraceSelection withLeftOut() {
    return new TraceSelection(
        OptionalLong.empty(),
        OptionalLong.empty(),
        Optional.empty(),
        OptionalInt.empty(),
        Optional.empty(),
        Optional.empty(),
        OptionalLong.empty(),
        OptionalLong.empty(),
        true);
  }
}
