package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.processor.state.TeamLaunch;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import io.pgstitch.schema.TraceRecords;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** However long and however wild a statement is, what is kept of it has a bound. */
class BoundedStateTest {
  /** What a topic of ours takes as one record. */
  private static final int LARGEST_RECORD = 8 << 20;

  private final BackendScript script = new BackendScript();
  private final Counted counted = new Counted();
  private final StitchCounters counters = new StitchCounters();
  private final SavedSessions saved = new SavedSessions(StitchLimits.DEFAULT, counters);
  private SessionStitcher stitcher =
      new SessionStitcher(script.backend(), StitchLimits.DEFAULT, counters, counted);

  /** Chunks as the store has them. */
  private final Map<Long, byte[]> chunks = new HashMap<>();

  private long sequence;
  private long time = BackendScript.START;
  private long largestState;
  private long largestStore;

  private static final class Counted implements StitchOutput {
    private long waits;
    private long nested;
    private long parts;
    private QueryTrace last;

    @Override
    public void trace(QueryTrace trace) {
      assertThat(trace.getPart()).isEqualTo((int) parts);
      parts++;
      last = trace;
      for (Span span : trace.getSpans()) {
        waits += span.getKind() == SpanKind.WAIT ? 1 : 0;
        nested += span.getKind() == SpanKind.STATEMENT && span.getDepth() > 0 ? 1 : 0;
      }
    }

    @Override
    public void settled(WaitedFor waitedFor) {}

    @Override
    public void records(TraceRecords records, long endUtcNs) {}

    @Override
    public void share(QueryTrace trace, long startNs, long utcOffsetNs) {
      throw new AssertionError("no parallel worker is here");
    }

    @Override
    public void launched(TeamLaunch launch) {
      throw new AssertionError("nothing launches workers here");
    }

    @Override
    public void placed(long context, int number, long timeNs, String spanId) {
      throw new AssertionError("nothing launches workers here");
    }
  }

  /** Takes events of the script again, as the next ones of the session. */
  private void send(int from, int to) {
    RawEventBatch batch = script.batch(from, to, 0);
    long length = script.batch(to, to, 0).getBaseNs() - batch.getBaseNs();
    batch.setBaseNs(time);
    batch.setFirstSequence(sequence + 1);
    sequence += BatchPlace.numbered(batch);
    time += length;
    batch.setLastSequence(sequence);
    stitcher.accept(batch);
    StoreChange change = saved.change(stitcher);
    for (long number = change.deleteFrom(); number < change.deleteTo(); number++) {
      chunks.remove(number);
    }
    if (change.chunk() != null) {
      chunks.put(change.chunkNumber(), change.chunk());
    }
    int state = saved.state(stitcher).length;
    largestState = Math.max(largestState, state);
    largestStore =
        Math.max(largestStore, state + chunks.values().stream().mapToLong(c -> c.length).sum());
  }

  private void endless(int rounds) {
    script.running("select f()").call("pg_parse_query").portal(0x10, "SELECT");
    script.ownStart(0x10, 0x11, 1).enter("PortalRun", 0x10).enter("standard_ExecutorRun", 0x11);
    int begin = script.size();
    for (int i = 0; i < 100; i++) {
      script.nested("select nested", 1, 1, () -> script.waits("IO", "DataFileRead", 1_000).hits(2));
    }
    int loop = script.size();
    send(0, begin);
    for (int i = 0; i < rounds; i++) {
      send(begin, loop);
      if (i == rounds / 2) {
        stitcher = saved.restore(saved.state(stitcher), chunks::get, counted);
      }
    }
    script.exit(1).exit().endOfPortal(0x10, 0x11).transactionEnd(true);
    script.commandEnd("SELECT", 1).idle();
    send(loop, script.size());
    assertThat(counted.nested).isEqualTo(100L * rounds);
    assertThat(counted.waits).isEqualTo(100L * rounds);
    assertThat(counted.last.getLast()).isTrue();
    assertThat(counted.last.getComplete()).isTrue();
    assertThat(counted.last.getPart()).isEqualTo((int) counted.parts - 1).isPositive();
    assertThat(largestState).isLessThan(10_000);
    assertThat(largestStore).isLessThan(2 << 20);
    assertThat(chunks).isEmpty();
  }

  @Test
  void nestedStatementsWithoutEndDoNotGrowTheState() {
    endless(500);
  }

  @Test
  @Tag("soak")
  void tenMillionNestedStatementsDoNotGrowTheState() {
    endless(100_000);
  }

  @Test
  void openStatementsWithLargeTextsFitIntoARecord() {
    script.running("select f()").call("pg_parse_query").portal(0x10, "SELECT");
    script.ownStart(0x10, 0x11, 1).enter("PortalRun", 0x10).enter("standard_ExecutorRun", 0x11);
    int from = 0;
    for (int i = 0; i < 60; i++) {
      script.statement(0x1000 + i, "select " + i + " /*" + "x".repeat(300_000) + "*/", 1, -1, 0);
      script.exit().enter("standard_ExecutorRun", 0x1000 + i);
      send(from, script.size());
      from = script.size();
    }
    assertThat(largestState).isLessThan(LARGEST_RECORD / 2);
    assertThat(largestStore).isLessThan(LARGEST_RECORD);
    assertThat(counters.get(Counter.NESTED_LIMIT)).isPositive();
    stitcher.closeIdle();
    assertThat(counted.nested).isEqualTo(60);
  }

  @Test
  void deepCallsAreLeftOutAndTheTraceSaysSo() {
    script.running("select f()");
    for (int i = 0; i < 5_000; i++) {
      script.enter("heap_insert");
    }
    send(0, script.size());
    assertThat(largestState).isLessThan(1 << 20);
    assertThat(counters.get(Counter.CALLS_LIMIT)).isEqualTo(3_000);
    stitcher.closeIdle();
    assertThat(counted.last.getComplete()).isFalse();
  }
}
