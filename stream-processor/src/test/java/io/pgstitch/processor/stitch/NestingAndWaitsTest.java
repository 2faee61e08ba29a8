package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Call;
import io.pgstitch.schema.CallKind;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import io.pgstitch.schema.WaitLine;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Statements inside statements, waits, and the figures of windows. */
class NestingAndWaitsTest {
  private final BackendScript script = new BackendScript();

  private BackendScript selectRunning() {
    return script
        .running("select f()")
        .call("pg_parse_query")
        .portal(1, "SELECT")
        .ownStart(1, 2, 1)
        .enter("PortalRun", 1)
        .enter("standard_ExecutorRun", 2);
  }

  private Stitched finish() {
    return script.exit(1).exit().transactionEnd(true).commandEnd("SELECT", 1).idle().stitch();
  }

  @Test
  void nestedSelectHasItsCallsOneLevelDeeper() {
    selectRunning().nested("select 2", 1, 3, () -> {});
    Stitched out = finish();
    assertThat(out.shortRecords())
        .containsExactly(
            "PIC 101 0 select f()",
            "FUNCTION 101 pg_parse_query",
            "PARSE 101 r=0 mis=0",
            "EXEC 101 r=0 mis=0",
            "PIC 102 1 select 2",
            "EXEC 102 r=0 mis=0",
            "FETCH 102 r=3 mis=0",
            "CLOSE 102 type=0",
            "FETCH 101 r=1 mis=0",
            "XCTEND 0",
            "CLOSE 101 type=0");
    TraceIdentities.check(out);
  }

  @Test
  void nestedInsertHasOneExecAroundStartRunAndFinish() {
    selectRunning().nested("insert", 3, 2, () -> {});
    Stitched out = finish();
    assertThat(out.shortRecords())
        .containsSubsequence("PIC 102 1 insert", "EXEC 102 r=2 mis=0", "CLOSE 102 type=0");
    Span exec =
        out.spans(out.only(), SpanKind.EXEC).stream()
            .filter(span -> span.getDepth() == 1)
            .findFirst()
            .orElseThrow();
    assertThat(out.spans(out.only(), SpanKind.FUNCTION))
        .filteredOn(span -> span.getParentSpanId().equals(exec.getSpanId()))
        .extracting(Span::getName)
        .containsExactly(
            "standard_ExecutorStart", "standard_ExecutorRun", "standard_ExecutorFinish");
  }

  @Test
  void depthGrowsWithEachLevel() {
    selectRunning()
        .nested(
            "a", 1, 1, () -> script.nested("b", 3, 1, () -> script.nested("c", 1, 1, () -> {})));
    Stitched out = finish();
    assertThat(out.shortRecords()).contains("PIC 102 1 a", "PIC 103 2 b", "PIC 104 3 c");
    TraceIdentities.check(out);
  }

  @Test
  void statementLeftByCaughtErrorIsClosed() {
    selectRunning();
    int depth = script.depth();
    script.statement(9, "insert", 3, -1, 0).exit().enter("standard_ExecutorRun", 9).longjmp(depth);
    script.nested("select after", 1, 1, () -> {});
    Stitched out = finish();
    assertThat(out.shortRecords())
        .containsSubsequence("EXEC 102 r=0 mis=0", "CLOSE 102 type=0", "PIC 102 1 select after");
    TraceIdentities.check(out);
  }

  @Test
  void statementLeftByCaughtErrorEndedWithIt() {
    selectRunning();
    int depth = script.depth();
    script.statement(9, "insert", 3, -1, 0).exit().enter("standard_ExecutorRun", 9);
    script.thrown("23505").longjmp(depth);
    script.nested("select after", 1, 1, () -> {});
    Stitched out = finish();
    assertThat(out.spans(out.only(), SpanKind.STATEMENT))
        .extracting(span -> span.getText() + " " + span.getSqlstate())
        .containsExactly("insert 23505", "select after null", "select f() null");
    TraceIdentities.check(out);
  }

  @Test
  void statementThatCatchesAnErrorWhereItReturnsIsNotEndedByIt() {
    selectRunning();
    int depth = script.depth();
    script.nested(
        "outer",
        1,
        1,
        () -> {
          int inner = script.depth();
          script.statement(9, "insert", 3, -1, 0).exit().enter("standard_ExecutorRun", 9);
          script.thrown("23505").longjmp(inner);
        });
    assertThat(script.depth()).isEqualTo(depth);
    Stitched out = finish();
    assertThat(out.spans(out.only(), SpanKind.STATEMENT))
        .extracting(span -> span.getText() + " " + span.getSqlstate())
        .containsExactly("insert 23505", "outer null", "select f() null");
    TraceIdentities.check(out);
  }

  @Test
  void errorThatNobodyCatchesEndsAllWithItsMessage() {
    selectRunning();
    script.statement(9, "insert", 3, -1, 0).exit().enter("standard_ExecutorRun", 9);
    Stitched out = script.thrown("XX000").error("23505").transactionEnd(false).idle().stitch();
    assertThat(out.spans(out.only(), SpanKind.STATEMENT))
        .hasSize(2)
        .allMatch(span -> span.getSqlstate().equals("23505"))
        .allMatch(span -> span.getErrorMessage().equals("message of 23505"));
    assertThat(out.only().getErrorMessage()).isEqualTo("message of 23505");
  }

  @Test
  void sqlCursorIsFetchedByALaterStatement() {
    script.running("declare c").call("pg_parse_query").portal(1, "DECLARE CURSOR");
    script.enter("PortalRun", 1).statement(0, "", 6, -1, 0);
    script.enter("PortalStart", 5).statement(6, "select of c", 1, -1, 0).exit().exit();
    script.exit().exit().commandEnd("DECLARE CURSOR", 0).idleInTransaction();
    script.running("fetch c").call("pg_parse_query").portal(3, "FETCH");
    script.enter("PortalRun", 3).statement(0, "", 6, -1, 0);
    script.enter("standard_ExecutorRun", 6).exit(8);
    script.exit().exit().commandEnd("FETCH", 8).idleInTransaction();
    Stitched out = script.stitch();
    assertThat(out.shortRecords())
        .containsSubsequence(
            "PIC 102 1 select of c",
            "EXEC 102 r=0 mis=0",
            "CLOSE 102 type=0",
            "PIC 101 0 fetch c",
            "PIC 102 1 select of c",
            "FETCH 102 r=8 mis=0",
            "CLOSE 102 type=0",
            "EXEC 101 r=8 mis=0");
    TraceIdentities.check(out);
  }

  @Test
  void waitBelongsToTheInnermostStatement() {
    selectRunning().nested("select 2", 1, 3, () -> script.waits("Lock", "relation", 5_000_000));
    Stitched out = finish();
    assertThat(out.shortRecords()).contains("WAIT 102 relation");
    Span wait = out.spans(out.only(), SpanKind.WAIT).get(0);
    assertThat(wait.getEndUtcNs() - wait.getStartUtcNs()).isEqualTo(5_000_000);
    assertThat(wait.getDepth()).isEqualTo(1);
  }

  @Test
  void cpuOfWaitsIsNotCountedAsCpu() {
    selectRunning().waits("IO", "DataFileRead", 100_000);
    Stitched out = finish();
    Span fetch = out.spans(out.only(), SpanKind.FETCH).get(0);
    // Run entered, wait (300 ns around it), Run left, PortalRun left.
    assertThat(fetch.getCpuNs()).isEqualTo(600 + 300 + 600 + 600);
    assertThat(fetch.getWaitNs()).isEqualTo(100_000);
  }

  @Test
  void buffersIncludeThoseOfChildren() {
    selectRunning().hits(5).nested("select 2", 1, 1, () -> script.hits(7));
    Stitched out = finish();
    assertThat(out.records)
        .filteredOn(record -> record instanceof Call call && call.getKind() == CallKind.FETCH)
        .extracting(record -> ((Call) record).getConsistentReads())
        .containsExactly(7L, 12L);
  }

  @Test
  void thinkTimeBetweenMessagesBelongsToNoCall() {
    script.running("select $1").call("pg_parse_query").clientRead(7_000_000);
    script.running("select $1").portal(1, "SELECT").ownStart(1, 2, 1).ownRun(1, 2, 1);
    Stitched out = script.commandEnd("SELECT", 1).idle().stitch();
    assertThat(out.shortRecords())
        .containsSubsequence("PARSE 101 r=0 mis=0", "WAIT 0 ClientRead", "EXEC 101 r=0 mis=0");
    assertThat(out.spans(out.only(), SpanKind.PARSE).get(0).getWaitNs()).isZero();
    TraceIdentities.check(out);
  }

  @Test
  void readFromTheClientInsideACallBelongsToIt() {
    selectRunning().clientRead(4_000);
    Stitched out = finish();
    assertThat(out.shortRecords()).contains("WAIT 101 ClientRead");
  }

  @Test
  void idleWaitsComeWithTheNextRecordsAndCursorZero() {
    script.simpleSelect("select 1", 1).clientRead(1_000_000).simpleSelect("select 2", 1);
    Stitched out = script.stitch();
    assertThat(out.shortRecords()).containsSubsequence("WAIT 0 ClientRead", "PIC 101 0 select 2");
    assertThat(out.records)
        .filteredOn(WaitLine.class::isInstance)
        .extracting(record -> ((WaitLine) record).getElapsedUs())
        .containsExactly(1_000L);
    assertThat(out.statements().get(1).getSpans())
        .extracting(Span::getKind)
        .doesNotContain(SpanKind.WAIT);
  }

  @Test
  void longStatementGoesOutInParts() {
    selectRunning();
    for (int i = 0; i < 50; i++) {
      script.waits("IO", "DataFileRead", 1_000);
    }
    script.exit(1).exit().commandEnd("SELECT", 1).idle();
    Stitched out = script.stitch(new StitchLimits(10, 8, 8, 8));
    assertThat(out.traces.size()).isGreaterThan(4);
    assertThat(out.spans(out.only(), SpanKind.WAIT)).hasSize(50);
    TraceIdentities.spansNest(out.spans(out.only()));
  }

  @Test
  void aWaitThatHadBegunIsTheFirstSightOfItsStatementWhateverItWaitsFor() {
    for (String event : List.of("ClientRead", "PgSleep")) {
      BackendScript copy = new BackendScript().begunBefore();
      copy.hasWaited(event.equals("PgSleep") ? "Timeout" : "Client", event, 5_000_000);
      copy.commandEnd("COPY", 3).idle();
      Stitched out = copy.stitch();
      TraceIdentities.check(out);
      assertThat(out.only().getBegunBefore()).isTrue();
      assertThat(out.only().getComplete()).isFalse();
      Span wait = out.spans(out.only(), SpanKind.WAIT).get(0);
      assertThat(wait.getBegunBefore()).isTrue();
      assertThat(wait.getEndUtcNs() - wait.getStartUtcNs()).isEqualTo(5_000_000);
      // It lies inside a call, not between two: it is part of what the statement did.
      assertThat(wait.getParentSpanId())
          .isEqualTo(out.spans(out.only(), SpanKind.EXEC).get(0).getSpanId());
      StitchedViews.check(out);
    }
  }

  @Test
  void aWaitThatHadBegunInASessionOfWhichNothingWasAskedOpensAStatementThatIsMarked() {
    script.hasWaited("Lock", "relation", 7_000_000).commandEnd("UPDATE", 3).idle();
    script.simpleSelect("select 1", 1);
    Stitched out = script.stitch();
    assertThat(out.statements()).hasSize(2);
    assertThat(out.statements().get(0).getBegunBefore()).isTrue();
    assertThat(out.statements().get(0).getComplete()).isFalse();
    assertThat(out.statements().get(1).getBegunBefore()).isFalse();
    assertThat(out.statements().get(1).getComplete()).isTrue();
  }
}
