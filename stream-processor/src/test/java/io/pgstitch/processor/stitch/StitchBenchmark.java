package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.TeamLaunch;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.TraceRecords;
import java.util.ArrayList;
import java.util.List;

/**
 * How many events a second one thread stitches: transactions as pgbench runs them, in batches as a
 * collector sends them, with the state saved after each as the processor does. Not a test: run its
 * main with the test class path; the argument is the number of rounds.
 */
public final class StitchBenchmark {
  private static final int TRANSACTIONS = 200;
  private static final int EVENTS_OF_A_BATCH = 500;

  private final BackendScript script = new BackendScript();
  private long nextObject = 0x10_0000;

  private StitchBenchmark() {}

  /** Takes the number of rounds, 30 when none is given. */
  public static void main(String[] arguments) {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 30;
    List<RawEventBatch> batches = new StitchBenchmark().batches();
    long events = batches.stream().mapToLong(batch -> batch.getEvents().size()).sum();
    for (int round = 1; round <= rounds; round++) {
      Counted counted = new Counted();
      long start = System.nanoTime();
      stitch(batches, counted);
      long elapsed = System.nanoTime() - start;
      System.out.printf(
          "round %d: %,d events, %,d spans, %,d bytes of state, %,d events/s%n",
          round, events, counted.spans, counted.stateBytes, events * 1_000_000_000L / elapsed);
    }
  }

  private static void stitch(List<RawEventBatch> batches, Counted counted) {
    StitchCounters counters = new StitchCounters();
    SavedSessions saved = new SavedSessions(StitchLimits.DEFAULT, counters);
    SessionStitcher stitcher =
        new SessionStitcher(batches.get(0).getBackend(), StitchLimits.DEFAULT, counters, counted);
    for (RawEventBatch batch : batches) {
      stitcher.accept(batch);
      saved.change(stitcher);
      counted.stateBytes += saved.state(stitcher).length;
    }
  }

  private List<RawEventBatch> batches() {
    for (int i = 0; i < TRANSACTIONS; i++) {
      transaction(i);
    }
    List<RawEventBatch> batches = new ArrayList<>();
    for (int from = 0; from < script.size(); from += EVENTS_OF_A_BATCH) {
      batches.add(script.batch(from, Math.min(script.size(), from + EVENTS_OF_A_BATCH), 0));
    }
    return batches;
  }

  private void transaction(int number) {
    command("BEGIN");
    change("UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = " + number, "UPDATE");
    script.simpleSelectInTransaction(
        "SELECT abalance FROM pgbench_accounts WHERE aid = " + number, 1);
    script.clientRead(20_000);
    change("UPDATE pgbench_tellers SET tbalance = tbalance + 1 WHERE tid = " + number, "UPDATE");
    change("UPDATE pgbench_branches SET bbalance = bbalance + 1 WHERE bid = 1", "UPDATE");
    change("INSERT INTO pgbench_history VALUES (1, 1, " + number + ", now())", "INSERT");
    command("END");
  }

  private void command(String text) {
    script.running(text).call("pg_parse_query").call("parse_analyze_fixedparams");
    long portal = portal(text);
    script.enter("PortalStart", portal).exit();
    script.enter("PortalRun", portal).statement(0, "", 6, -1, 0).exit().exit();
    if (text.equals("END")) {
      script.waits("IO", "WALSync", 400_000).transactionEnd(true);
      script.commandEnd("COMMIT", 0).idle();
    } else {
      script.commandEnd(text, 0).idleInTransaction();
    }
    script.clientRead(20_000);
  }

  private void change(String text, String tag) {
    script.running(text).call("pg_parse_query").call("parse_analyze_fixedparams");
    script.call("standard_planner");
    long portal = portal(tag);
    script.enter("PortalStart", portal).exit().enter("PortalRun", portal);
    script.statement(portal + 8, "", tag.equals("UPDATE") ? 2 : 3, -1, 0).exit();
    script.enter("standard_ExecutorRun", portal + 8).hits(4).waits("IO", "DataFileRead", 9_000);
    script.exit(1).enter("standard_ExecutorFinish", portal + 8).exit();
    script.enter("standard_ExecutorEnd", portal + 8).exit().exit();
    script.commandEnd(tag, 1).idleInTransaction().clientRead(20_000);
  }

  private long portal(String tag) {
    nextObject += 0x100;
    script.portal(nextObject, tag);
    return nextObject;
  }

  /** Counts what comes out. */
  private static final class Counted implements StitchOutput {
    private long spans;
    private long stateBytes;

    @Override
    public void trace(QueryTrace trace) {
      spans += trace.getSpans().size();
    }

    @Override
    public void share(QueryTrace trace, long startNs, long utcOffsetNs) {
      trace(trace);
    }

    @Override
    public void launched(TeamLaunch launch) {}

    @Override
    public void placed(long context, int number, long timeNs, String spanId) {}

    @Override
    public void records(TraceRecords records, long endUtcNs) {}
  }
}
