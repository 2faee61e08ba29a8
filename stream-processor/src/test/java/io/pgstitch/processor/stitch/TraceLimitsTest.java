package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;

/** Traces whose end does not come, or comes too late: closed by a limit, and continued. */
class TraceLimitsTest {
  private static final StitchLimits LONG = StitchLimits.DEFAULT;

  private final BackendScript script = new BackendScript();
  private final Stitched out = new Stitched();
  private final SessionStitcher stitcher =
      new SessionStitcher(script.backend(), LONG, out.counters, out);

  private BackendScript begin() {
    script.running("select f()").call("pg_parse_query").portal(0x10, "SELECT");
    return script
        .ownStart(0x10, 0x11, 1)
        .enter("PortalRun", 0x10)
        .enter("standard_ExecutorRun", 0x11);
  }

  private BackendScript end() {
    script.exit(1).exit().endOfPortal(0x10, 0x11).transactionEnd(true);
    return script.commandEnd("SELECT", 1).idle();
  }

  private BackendScript waits(int count) {
    for (int i = 0; i < count; i++) {
      script.waits("IO", "DataFileRead", 1_000 + i);
    }
    return script;
  }

  private static long sum(List<QueryTrace> traces, ToLongFunction<Span> figure) {
    return traces.stream()
        .map(trace -> trace.getSpans().get(trace.getSpans().size() - 1))
        .mapToLong(figure)
        .sum();
  }

  @Test
  void ageClosesAndTheRestIsAContinuation() {
    begin();
    waits(5).after(3_600_000_000_000L).waits("IO", "DataFileRead", 7);
    script.nested("select nested", 1, 3, () -> waits(5));
    end();
    Stitched aged = script.stitch(LONG.withTraces(1_000_000, Duration.ofNanos(20_000)));
    List<QueryTrace> traces = aged.statements();
    assertThat(traces).hasSizeGreaterThan(1);
    QueryTrace first = traces.get(0);
    QueryTrace last = traces.get(traces.size() - 1);
    assertThat(first.getCloseReason()).isEqualTo(CloseReason.LIMIT);
    assertThat(first.getCloseLimit()).isEqualTo("age");
    assertThat(first.getContinuesTraceId()).isEmpty();
    assertThat(last.getCloseReason()).isEqualTo(CloseReason.COMPLETED);
    assertThat(last.getCloseLimit()).isEmpty();
    assertThat(last.getRows()).isEqualTo(1);
    for (int i = 1; i < traces.size(); i++) {
      QueryTrace before = traces.get(i - 1);
      assertThat(traces.get(i).getContinuesTraceId()).isEqualTo(before.getTraceId());
      assertThat(traces.get(i).getStartUtcNs()).isEqualTo(before.getEndUtcNs());
      assertThat(traces.get(i).getBegunBefore()).isTrue();
    }
    assertThat(traces).extracting(QueryTrace::getText).containsOnly("select f()");
    assertThat(traces).extracting(QueryTrace::getComplete).containsOnly(false);
    assertThat(traces.stream().filter(QueryTrace::getExecuted)).containsExactly(last);
    TraceIdentities.check(aged);

    Stitched whole = script.stitch();
    assertThat(whole.only().getComplete()).isTrue();
    assertThat(sum(traces, Span::getCpuNs)).isEqualTo(sum(whole.statements(), Span::getCpuNs));
    assertThat(sum(traces, Span::getWaitNs)).isEqualTo(sum(whole.statements(), Span::getWaitNs));
  }

  @Test
  void spanLimitClosesAndNoWaitIsInTwoTracesOrNone() {
    begin();
    waits(500);
    end();
    Stitched limited = script.stitch(LONG.withTraces(100, Duration.ofDays(1)));
    assertThat(limited.statements()).hasSizeBetween(5, 7);
    assertThat(limited.statements().get(0).getCloseLimit()).isEqualTo("spans");
    List<Span> waits = new ArrayList<>();
    limited.statements().forEach(trace -> waits.addAll(limited.spans(trace, SpanKind.WAIT)));
    assertThat(waits).hasSize(500);
    assertThat(waits).extracting(Span::getStartUtcNs).doesNotHaveDuplicates();
    assertThat(limited.statements())
        .allMatch(trace -> limited.spans(trace).size() <= 100 + 10)
        .extracting(QueryTrace::getTraceId)
        .doesNotHaveDuplicates();
    TraceIdentities.check(limited);
  }

  @Test
  void idleClosesAtTheLastEventWhateverTheClockSays() {
    stitcher.accept(waitsAfterBegin().batch());
    assertThat(stitcher.closeIdle()).isTrue();
    assertThat(stitcher.closeIdle()).isFalse();
    QueryTrace trace = out.only();
    assertThat(trace.getCloseReason()).isEqualTo(CloseReason.LIMIT);
    assertThat(trace.getCloseLimit()).isEqualTo("idle");
    assertThat(trace.getComplete()).isFalse();
    assertThat(trace.getEndUtcNs()).isEqualTo(script.now() + BackendScript.UTC_OFFSET);
    assertThat(out.shortRecords()).contains("NOTE INCOMPLETE");
    TraceIdentities.check(out);
  }

  private BackendScript waitsAfterBegin() {
    begin();
    return waits(3);
  }

  @Test
  void whatComesAfterTheIdleCloseIsAContinuation() {
    waitsAfterBegin();
    int closed = script.size();
    waits(4);
    end().simpleSelect("select 2", 1);
    stitcher.accept(script.batch(0, closed, 0));
    stitcher.closeIdle();
    stitcher.accept(script.batch(closed, script.size(), 0));
    List<QueryTrace> traces = out.statements();
    assertThat(traces).hasSize(3);
    assertThat(traces.get(1).getContinuesTraceId()).isEqualTo(traces.get(0).getTraceId());
    assertThat(traces.get(1).getComplete()).isFalse();
    assertThat(traces.get(1).getText()).isEqualTo("select f()");
    assertThat(traces.get(1).getCloseReason()).isEqualTo(CloseReason.COMPLETED);
    assertThat(traces.get(2).getContinuesTraceId()).isEmpty();
    assertThat(traces.get(2).getComplete()).isTrue();
    assertThat(new HashSet<>(traces.stream().map(QueryTrace::getTraceId).toList())).hasSize(3);
    assertThat(out.counters.get(Counter.LOST_EVENTS)).isZero();
    TraceIdentities.check(out);
  }

  @Test
  void nextMessageAfterTheIdleCloseIsNoContinuation() {
    waitsAfterBegin();
    int closed = script.size();
    script.simpleSelect("select 2", 1);
    stitcher.accept(script.batch(0, closed, 0));
    stitcher.closeIdle();
    stitcher.accept(script.batch(closed, script.size(), 0));
    QueryTrace next = out.statements().get(1);
    assertThat(next.getText()).isEqualTo("select 2");
    assertThat(next.getContinuesTraceId()).isEmpty();
    assertThat(next.getComplete()).isTrue();
  }

  @Test
  void tooManySuspendedPortalsCloseTheOldestByThatLimit() {
    for (int i = 0; i < 4; i++) {
      script.running("select " + i).call("pg_parse_query").portal(0x100 + i, "SELECT");
      script.ownStart(0x100 + i, 0x200 + i, 1).enter("PortalRun", 0x100 + i);
      script.enter("standard_ExecutorRun", 0x200 + i).exit(1).exit(0);
    }
    Stitched limited = script.stitch(new StitchLimits(100, 10, 2, 10));
    assertThat(limited.statements())
        .singleElement()
        .matches(trace -> trace.getCloseLimit().equals("portals"))
        .matches(trace -> !trace.getComplete());
  }
}
