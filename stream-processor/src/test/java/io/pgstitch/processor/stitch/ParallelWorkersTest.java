package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Call;
import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.Note;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where parallel workers stand in their leader's trace, in whatever order their batches come. */
class ParallelWorkersTest {
  private static final String SQL = "select count(*) from t";
  private static final long CONTEXT = 0xfeed_beefL;
  private static final long OBJECT = 0x9000;
  private static final int LEADER = 4711;

  private final BackendScript leader = new BackendScript();
  private final List<BackendScript> workers = new ArrayList<>();

  /** A worker that runs its share of the statement of its leader, from now on. */
  private BackendScript worker(int pid, long context, int number) {
    BackendScript worker = BackendScript.worker(leader, pid, context, number);
    workers.add(worker);
    return worker;
  }

  private static void runs(BackendScript worker, String sql, long rows) {
    worker.after(2_000).running(sql).statement(0x77, sql, 1, -1, 0).exit();
    worker.enter("standard_ExecutorRun", 0x77).waits("IO", "DataFileRead", 700).exit(rows);
    worker.enter("standard_ExecutorFinish", 0x77).exit();
    worker.enter("standard_ExecutorEnd", 0x77).exit().backendEnd();
  }

  /** A query with two workers, then one without. */
  private void query() {
    leader.running(SQL).call("pg_parse_query").portal(1, "SELECT").ownStart(1, 2, 1);
    leader.enter("PortalRun", 1).enter("standard_ExecutorRun", 2);
    leader.workerLaunched(OBJECT, CONTEXT, 0);
    runs(worker(5000, CONTEXT, 0), SQL, 3);
    leader.workerLaunched(OBJECT, CONTEXT, 1);
    runs(worker(5001, CONTEXT, 1), SQL, 4);
    leader.after(60_000).workersDestroyed(OBJECT).after(5_000).exit(1);
    leader.enter("standard_ExecutorFinish", 2).exit().enter("standard_ExecutorEnd", 2).exit();
    leader.exit(1).commandEnd("SELECT", 1).transactionEnd(true).idle();
    leader.simpleSelect("select 1", 1);
  }

  /** All batches, each backend's in its order, those of different backends mixed. */
  private TeamRun run(Random random) {
    List<Deque<RawEventBatch>> queues = new ArrayList<>();
    queues.add(cut(leader, random));
    workers.forEach(worker -> queues.add(cut(worker, random)));
    TeamRun run = new TeamRun(random.nextBoolean());
    while (!queues.isEmpty()) {
      Deque<RawEventBatch> next = queues.get(random.nextInt(queues.size()));
      run.accept(next.remove());
      if (next.isEmpty()) {
        queues.remove(next);
      }
    }
    return run;
  }

  private static Deque<RawEventBatch> cut(BackendScript script, Random random) {
    Deque<RawEventBatch> batches = new ArrayDeque<>();
    int from = 0;
    while (from < script.size()) {
      int to = Math.min(script.levelEnd(from), from + 1 + random.nextInt(9));
      batches.add(script.batch(from, to, 0));
      from = to;
    }
    return batches;
  }

  private static byte[] sorted(TeamRun run) throws IOException {
    return RandomScriptsTest.bytes(
        List.copyOf(
            run.traces.stream()
                .sorted(
                    Comparator.comparing(QueryTrace::getTraceId).thenComparing(QueryTrace::getPart))
                .toList()));
  }

  private void sameInEachOrder() throws IOException {
    byte[] first = sorted(run(new Random(0)));
    for (int seed = 1; seed < 300; seed++) {
      TeamRun run = run(new Random(seed));
      assertThat(sorted(run)).as("seed " + seed).isEqualTo(first);
      assertThat(run.held).as("seed " + seed).isEmpty();
      assertThat(run.counters.get(Counter.WORKERS_WITHOUT_LEADER)).isZero();
    }
  }

  /** The span of the leader's trace that a worker's trace is a child of; their times nest. */
  private static Span parent(TeamRun run, QueryTrace share) {
    QueryTrace owner =
        run.of(LEADER).stream()
            .filter(trace -> trace.getTraceId().equals(share.getLeader().getTraceId()))
            .findFirst()
            .orElseThrow();
    Span parent =
        owner.getSpans().stream()
            .filter(span -> span.getSpanId().equals(share.getParentSpanId()))
            .findFirst()
            .orElseThrow();
    assertThat(share.getParentTraceId()).isEqualTo(owner.getTraceId());
    for (Span span : share.getSpans()) {
      assertThat(span.getStartUtcNs()).isGreaterThanOrEqualTo(parent.getStartUtcNs());
      assertThat(span.getEndUtcNs()).isLessThanOrEqualTo(parent.getEndUtcNs());
    }
    return parent;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8, 12})
  void workersAreUnderTheCallThatLaunchedThem(int level) throws IOException {
    leader.level(level);
    query();
    sameInEachOrder();
    TeamRun run = run(new Random(1));
    for (int pid : new int[] {5000, 5001}) {
      QueryTrace share = run.of(pid).get(0);
      assertThat(run.of(pid)).hasSize(1);
      assertThat(parent(run, share).getKind()).isEqualTo(SpanKind.FETCH);
      Span root = share.getSpans().get(share.getSpans().size() - 1);
      assertThat(root.getName()).isEqualTo("parallel worker");
      assertThat(share.getCloseReason()).isEqualTo(CloseReason.COMPLETED);
      assertThat(share.getExecuted()).isFalse();
    }
    assertThat(run.of(LEADER)).extracting(QueryTrace::getWorkersLaunched).containsExactly(2, 0);
  }

  @Test
  void levelOneIsNotTakenForDetail() {
    leader.level(1);
    query();
    TeamRun run = run(new Random(3));
    assertThat(run.of(LEADER).get(0).getExecuted()).isTrue();
    assertThat(run.of(LEADER).get(0).getComplete()).isTrue();
  }

  @Test
  void recordsOfLeaderAndWorkerNameEachOther() {
    query();
    TeamRun run = run(new Random(2));
    assertThat(notes(run, LEADER))
        .contains(
            "PARALLEL WORKER LAUNCHED number=0 context=" + CONTEXT + " cursor=#101",
            "PARALLEL WORKER number=0 context=" + CONTEXT + " pid=5000",
            "PARALLEL WORKER number=1 context=" + CONTEXT + " pid=5001");
    assertThat(notes(run, 5001).get(0))
        .startsWith("PARALLEL WORKER OF pid=4711 context=" + CONTEXT + " number=1;");
    assertThat(run.records.get(5001)).anyMatch(Call.class::isInstance);
    assertThat(run.records.get(LEADER).stream().filter(Call.class::isInstance).count())
        .as("calls of the workers are in their own files alone")
        .isEqualTo(6);
  }

  private static List<String> notes(TeamRun run, int pid) {
    return run.records.get(pid).stream()
        .filter(Note.class::isInstance)
        .map(Note.class::cast)
        .map(note -> note.getName() + " " + note.getText())
        .toList();
  }

  @Test
  void workersOfANestedStatementAreUnderIt() throws IOException {
    leader.running("select f()").call("pg_parse_query").portal(1, "SELECT").ownStart(1, 2, 1);
    leader.enter("PortalRun", 1).enter("standard_ExecutorRun", 2);
    leader.statement(9, SQL, 1, -1, 0).exit().enter("standard_ExecutorRun", 9);
    leader.workerLaunched(OBJECT, CONTEXT, 0);
    runs(worker(5000, CONTEXT, 0), SQL, 3);
    leader.after(60_000).workersDestroyed(OBJECT).exit(1);
    leader.enter("standard_ExecutorEnd", 9).exit().exit(1);
    leader.exit(1).commandEnd("SELECT", 1).transactionEnd(true).idle();
    sameInEachOrder();
    TeamRun run = run(new Random(1));
    Span parent = parent(run, run.of(5000).get(0));
    assertThat(parent.getKind()).isEqualTo(SpanKind.FETCH);
    assertThat(parent.getDepth()).isEqualTo(1);
    assertThat(run.of(5000).get(0).getLeader().getDepth()).isEqualTo(1);
  }

  @Test
  void relaunchOfAContextIsAnotherWorker() throws IOException {
    leader.running(SQL).call("pg_parse_query").portal(1, "SELECT").ownStart(1, 2, 1);
    leader.enter("PortalRun", 1).enter("standard_ExecutorRun", 2);
    leader.workerLaunched(OBJECT, CONTEXT, 0);
    runs(worker(5000, CONTEXT, 0), SQL, 3);
    leader.after(60_000).workerLaunched(OBJECT, CONTEXT, 0);
    runs(worker(5001, CONTEXT, 0), SQL, 3);
    leader.after(60_000).workersDestroyed(OBJECT).exit(1);
    leader.exit(1).commandEnd("SELECT", 1).transactionEnd(true).idle();
    sameInEachOrder();
    assertThat(notes(run(new Random(5)), LEADER))
        .contains(
            "PARALLEL WORKER number=0 context=" + CONTEXT + " pid=5000",
            "PARALLEL WORKER number=0 context=" + CONTEXT + " pid=5001");
  }

  /** The error ends the call; the abort that follows waits for the worker. */
  @Test
  void workersOfACancelledStatementAreUnderWhatOutlivesThem() throws IOException {
    leader.running(SQL).call("pg_parse_query").portal(1, "SELECT").ownStart(1, 2, 1);
    leader.enter("PortalRun", 1).enter("standard_ExecutorRun", 2);
    leader.workerLaunched(OBJECT, CONTEXT, 0);
    BackendScript worker = worker(5000, CONTEXT, 0);
    worker.after(2_000).running(SQL).statement(0x77, SQL, 1, -1, 0).exit();
    worker.enter("standard_ExecutorRun", 0x77).after(30_000).backendEnd(1, 0);
    leader.after(20_000).longjmp(0).error("57014").after(20_000).workersDestroyed(OBJECT);
    leader.after(5_000).transactionEnd(false).idle();
    sameInEachOrder();
    TeamRun run = run(new Random(1));
    assertThat(parent(run, run.of(5000).get(0)).getKind()).isEqualTo(SpanKind.STATEMENT);
    assertThat(run.of(5000).get(0).getCloseReason()).isEqualTo(CloseReason.BACKEND_ENDED);
    assertThat(run.of(LEADER).get(0).getCloseReason()).isEqualTo(CloseReason.FAILED);
  }

  /** The compiler put DestroyParallelContext into its caller: the end of the statement counts. */
  @Test
  void withoutTheEndOfTheContextTheStatementIsTheParent() throws IOException {
    leader.running(SQL).call("pg_parse_query").portal(1, "SELECT").ownStart(1, 2, 1);
    leader.enter("PortalRun", 1).enter("standard_ExecutorRun", 2);
    leader.workerLaunched(OBJECT, CONTEXT, 0);
    runs(worker(5000, CONTEXT, 0), SQL, 3);
    leader.after(60_000).exit(1).exit(1).commandEnd("SELECT", 1).transactionEnd(true).idle();
    sameInEachOrder();
    TeamRun run = run(new Random(1));
    assertThat(parent(run, run.of(5000).get(0)).getKind()).isEqualTo(SpanKind.STATEMENT);
  }

  /** A worker of an index build has no executor, and one without work nothing at all. */
  @Test
  void workersOfAUtilityCommandAreUnderItsCall() throws IOException {
    leader.running("create index on t (a)").portal(1, "CREATE INDEX");
    leader.enter("PortalRun", 1).statement(0, "", 0, -1, 0);
    leader.workerLaunched(OBJECT, CONTEXT, 0).workerLaunched(OBJECT, CONTEXT, 1);
    worker(5000, CONTEXT, 0).after(2_000).running("create index on t (a)").backendEnd();
    leader.after(60_000).workersDestroyed(OBJECT).exit().exit();
    leader.commandEnd("CREATE INDEX", 0).transactionEnd(true).idle();
    sameInEachOrder();
    TeamRun run = run(new Random(1));
    assertThat(parent(run, run.of(5000).get(0)).getKind()).isEqualTo(SpanKind.EXEC);
    assertThat(run.of(LEADER).get(0).getWorkersLaunched()).isEqualTo(2);
    assertThat(run.of(5000).get(0).getCloseReason()).isEqualTo(CloseReason.COMPLETED);
  }

  @Test
  void applicationsTraceIsTheWorkersToo() throws IOException {
    String sql = SQL + " /*traceparent='00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'*/";
    leader.running(sql).call("pg_parse_query").portal(1, "SELECT").ownStart(1, 2, 1);
    leader.enter("PortalRun", 1).enter("standard_ExecutorRun", 2);
    leader.workerLaunched(OBJECT, CONTEXT, 0);
    runs(worker(5000, CONTEXT, 0), sql, 3);
    leader.after(60_000).workersDestroyed(OBJECT).exit(1);
    leader.exit(1).commandEnd("SELECT", 1).transactionEnd(true).idle();
    sameInEachOrder();
    QueryTrace share = run(new Random(1)).of(5000).get(0);
    assertThat(share.getParentTraceId()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
    assertThat(share.getParentSpanId()).isEqualTo(share.getLeader().getSpanId());
  }

  /** Each session keeps the clock that it had when it was first seen. */
  @Test
  void workersTimesAreOnTheLeadersClock() {
    query();
    TeamRun run = new TeamRun(false);
    for (RawEventBatch batch : cut(workers.get(0), new Random(1))) {
      batch.getClock().setUtcNs(batch.getClock().getUtcNs() + 3_000_000);
      run.accept(batch);
    }
    cut(leader, new Random(1)).forEach(run::accept);
    assertThat(parent(run, run.of(5000).get(0)).getKind()).isEqualTo(SpanKind.FETCH);
  }

  @Test
  void workerWithoutALaunchStandsAloneAndIsCounted() {
    runs(worker(5000, CONTEXT, 0), SQL, 3);
    TeamRun run = new TeamRun(true);
    cut(workers.get(0), new Random(1)).forEach(run::accept);
    assertThat(run.traces).isEmpty();
    run.team().releaseWithoutLaunch();
    assertThat(run.of(5000).get(0).getLeader()).isNull();
    assertThat(run.of(5000).get(0).getParentTraceId()).isEmpty();
    assertThat(run.counters.get(Counter.WORKERS_WITHOUT_LEADER)).isEqualTo(1);
    assertThat(run.held).isEmpty();
    assertThat(run.team().isIdle()).isTrue();
  }

  @Test
  void whatWaitsIsBounded() {
    TeamRun run = new TeamRun(false);
    for (int pid = 5000; pid < 5100; pid++) {
      BackendScript worker = worker(pid, pid, 0);
      runs(worker, SQL, 1);
      cut(worker, new Random(pid)).forEach(run::accept);
      assertThat(run.held.size()).isLessThanOrEqualTo(64);
    }
    assertThat(run.traces).hasSize(36);
  }
}
