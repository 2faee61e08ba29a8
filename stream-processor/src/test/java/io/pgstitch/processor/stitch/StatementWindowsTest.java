package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import org.junit.jupiter.api.Test;

/** How a session's events delimit statements and calls; one rule each. */
class StatementWindowsTest {
  private final BackendScript script = new BackendScript();

  @Test
  void simpleSelectHasParseExecFetchClose() {
    Stitched out = script.simpleSelect("select 1", 4).stitch();
    assertThat(out.shortRecords())
        .containsExactly(
            "PIC 101 0 select 1",
            "FUNCTION 101 pg_parse_query",
            "FUNCTION 101 parse_analyze_fixedparams",
            "FUNCTION 101 standard_planner",
            "PARSE 101 r=0 mis=1",
            "EXEC 101 r=0 mis=0",
            "FETCH 101 r=4 mis=0",
            "XCTEND 0",
            "CLOSE 101 type=0");
    assertThat(out.only().getCommandTag()).isEqualTo("SELECT");
    assertThat(out.only().getExecuted()).isTrue();
    assertThat(out.only().getCloseReason()).isEqualTo(CloseReason.COMPLETED);
    assertThat(out.only().getRows()).isEqualTo(4);
  }

  @Test
  void statementLastsFromRunningToIdle() {
    Stitched out = script.simpleSelect("select 1", 4).stitch();
    QueryTrace trace = out.only();
    assertThat(trace.getStartUtcNs())
        .isEqualTo(BackendScript.UTC_OFFSET + BackendScript.START + 1_000);
    assertThat(trace.getEndUtcNs()).isEqualTo(BackendScript.UTC_OFFSET + script.now());
  }

  @Test
  void insertRunsInExecUntilPortalRunReturns() {
    Stitched out = insert("insert").stitch();
    assertThat(out.calls(out.only())).containsExactly("PARSE", "EXEC", "CLOSE");
    assertThat(out.spans(out.only(), SpanKind.EXEC).get(0).getRows()).isEqualTo(3);
  }

  private BackendScript insert(String text) {
    return script
        .running(text)
        .call("pg_parse_query")
        .call("standard_planner")
        .portal(1, "INSERT")
        .enter("PortalStart", 1)
        .exit()
        .enter("PortalRun", 1)
        .statement(2, "", 3, -1, 0)
        .exit()
        .enter("standard_ExecutorRun", 2)
        .exit(3)
        .exit()
        .commandEnd("INSERT", 3)
        .idle();
  }

  @Test
  void rowsOfUtilityComeFromTheCommandEnd() {
    Stitched out =
        script
            .running("copy t")
            .call("pg_parse_query")
            .portal(1, "COPY")
            .enter("PortalRun", 1)
            .statement(0, "", 6, -1, 0)
            .exit()
            .exit()
            .commandEnd("COPY", 12)
            .idle()
            .stitch();
    assertThat(out.shortRecords()).contains("EXEC 101 r=12 mis=0");
    assertThat(out.spans(out.only(), SpanKind.EXEC).get(0).getRows()).isEqualTo(12);
  }

  @Test
  void rowsThatTheCommandsEndTellsAreInTheExecWhereverAPartEnds() {
    script.running("copy t").call("pg_parse_query").portal(1, "COPY").enter("PortalRun", 1);
    script.statement(0, "", 6, -1, 0).exit().exit().hits(1).commandEnd("COPY", 12).idle();
    for (int limit = 1; limit < 12; limit++) {
      Stitched parts = script.stitch(new StitchLimits(limit, 512, 64, 64));
      assertThat(parts.shortRecords()).as("parts of " + limit).contains("EXEC 101 r=12 mis=0");
    }
  }

  @Test
  void parseBindAndExecuteOfOneTextAreOneStatement() {
    Stitched out =
        script
            .running("select $1")
            .call("pg_parse_query")
            .call("parse_analyze_varparams")
            .running("select $1")
            .call("standard_planner")
            .portal(1, "SELECT")
            .ownStart(1, 2, 1)
            .running("select $1")
            .ownRun(1, 2, 7)
            .commandEnd("SELECT", 7)
            .transactionEnd(true)
            .idle()
            .stitch();
    assertThat(out.shortRecords())
        .containsExactly(
            "PIC 101 0 select $1",
            "FUNCTION 101 pg_parse_query",
            "FUNCTION 101 parse_analyze_varparams",
            "PARSE 101 r=0 mis=0",
            "FUNCTION 101 standard_planner",
            "FUNCTION 101 Bind",
            "EXEC 101 r=0 mis=1",
            "FETCH 101 r=7 mis=0",
            "XCTEND 0",
            "CLOSE 101 type=0");
  }

  @Test
  void executionOfPreparedStatementHasNoParseAndStaysPrepared() {
    Stitched out =
        script
            .running("select $1")
            .portal(1, "SELECT", "s1", -1, 0)
            .ownStart(1, 2, 1)
            .running("select $1")
            .ownRun(1, 2, 7)
            .commandEnd("SELECT", 7)
            .idle()
            .stitch();
    assertThat(out.calls(out.only())).containsExactly("EXEC", "FETCH", "CLOSE");
    assertThat(out.shortRecords()).endsWith("CLOSE 101 type=1");
    assertThat(out.only().getStatementName()).isEqualTo("s1");
  }

  @Test
  void parseWithoutExecutionIsParseOnlyAndKept() {
    Stitched out =
        script
            .running("select $1")
            .call("pg_parse_query")
            .call("parse_analyze_varparams")
            .transactionEnd(true)
            .idle()
            .stitch();
    assertThat(out.only().getCloseReason()).isEqualTo(CloseReason.PARSE_ONLY);
    assertThat(out.only().getExecuted()).isFalse();
    assertThat(out.shortRecords())
        .containsExactly(
            "PIC 101 0 select $1",
            "FUNCTION 101 pg_parse_query",
            "FUNCTION 101 parse_analyze_varparams",
            "XCTEND 0",
            "PARSE 101 r=0 mis=0",
            "CLOSE 101 type=1");
  }

  @Test
  void twoParseMessagesOfOneTextAreTwoStatements() {
    Stitched out =
        script
            .running("select $1")
            .call("pg_parse_query")
            .running("select $1")
            .call("pg_parse_query")
            .idle()
            .stitch();
    assertThat(out.statements()).hasSize(2);
  }

  @Test
  void messageOfSeveralStatementsIsDividedAtCommandEnds() {
    String text = "select 'é';\n select 2";
    script.running(text).call("pg_parse_query");
    select(1, 0, 11);
    long boundary = script.now();
    script.waits("IO", "DataFileRead", 3_000);
    select(3, 12, 0);
    Stitched out = script.idle().stitch();
    assertThat(out.statements())
        .extracting(QueryTrace::getText)
        .containsExactly("select 'é'", "select 2");
    assertThat(out.statements().get(0).getEndUtcNs())
        .isEqualTo(BackendScript.UTC_OFFSET + boundary);
    assertThat(out.statements().get(1).getStartUtcNs())
        .isEqualTo(BackendScript.UTC_OFFSET + boundary);
    assertThat(out.spans(out.statements().get(1), SpanKind.WAIT)).hasSize(1);
    assertThat(out.calls(out.statements().get(1)))
        .containsExactly("PARSE", "EXEC", "FETCH", "CLOSE");
    TraceIdentities.check(out);
  }

  private void select(long portal, int location, int length) {
    script
        .call("parse_analyze_fixedparams")
        .call("standard_planner")
        .portal(portal, "SELECT", "", location, length)
        .ownStart(portal, portal + 100, 1)
        .ownRun(portal, portal + 100, 1)
        .endOfPortal(portal, portal + 100)
        .commandEnd("SELECT", 1);
  }

  @Test
  void commitWorkAfterTheCommandOfAnExecuteIsNestedInClose() {
    script
        .running("insert")
        .portal(1, "INSERT")
        .running("insert")
        .enter("PortalRun", 1)
        .statement(2, "", 3, -1, 0)
        .exit()
        .exit()
        .commandEnd("INSERT", 1)
        .nested("select from parent", 1, 1, () -> {})
        .transactionEnd(true)
        .idle();
    Stitched out = script.stitch();
    Span close = out.spans(out.only(), SpanKind.CLOSE).get(1);
    Span nested =
        out.spans(out.only(), SpanKind.STATEMENT).stream()
            .filter(span -> span.getDepth() == 1)
            .findFirst()
            .orElseThrow();
    assertThat(close.getDepth()).isZero();
    assertThat(nested.getParentSpanId()).isEqualTo(close.getSpanId());
    TraceIdentities.check(out);
  }

  @Test
  void partlyFetchedPortalIsSuspendedAndResumedInTheSameTrace() {
    script.running("select many").portal(1, "SELECT", "s1", -1, 0).ownStart(1, 2, 1);
    script.running("select many").ownRun(1, 2, 10).idleInTransaction();
    script.clientRead(50_000);
    script.simpleSelectInTransaction("select other", 1);
    script.running("select many").ownRun(1, 2, 5).commandEnd("SELECT", 5).idleInTransaction();
    Stitched out = script.stitch();
    assertThat(out.statements())
        .extracting(QueryTrace::getText)
        .containsExactly("select other", "select many");
    QueryTrace many = out.statements().get(1);
    assertThat(out.spans(many, SpanKind.FETCH)).extracting(Span::getRows).containsExactly(10L, 5L);
    assertThat(many.getPart()).isEqualTo(1);
    assertThat(many.getExecuted()).isTrue();
    TraceIdentities.check(out);
  }

  @Test
  void suspendedStatementEndsWithItsPortal() {
    script.running("select many").portal(1, "SELECT").ownStart(1, 2, 1);
    script.running("select many").ownRun(1, 2, 10).idleInTransaction();
    script.running("commit").call("pg_parse_query").portal(3, "COMMIT");
    script.enter("PortalRun", 3).statement(0, "", 6, -1, 0).exit().exit();
    script.endOfPortal(1, 2).transactionEnd(true).commandEnd("COMMIT", 0).idle();
    Stitched out = script.stitch();
    QueryTrace many = out.statements().get(0);
    assertThat(many.getText()).isEqualTo("select many");
    assertThat(many.getCloseReason()).isEqualTo(CloseReason.COMPLETED);
    assertThat(many.getExecuted()).isTrue();
    TraceIdentities.check(out);
  }

  @Test
  void statementThatEndsInsideACallOfAnotherHasItsLineBehindThatCall() {
    script.running("select many").portal(1, "SELECT").ownStart(1, 2, 1);
    script.running("select many").ownRun(1, 2, 10).idleInTransaction();
    script.running("rollback").call("pg_parse_query").portal(3, "ROLLBACK");
    script.enter("PortalRun", 3).statement(0, "", 6, -1, 0).exit();
    script.endOfPortal(1, 2).after(28_000).exit().transactionEnd(false);
    Stitched out = script.commandEnd("ROLLBACK", 0).idle().stitch();
    assertThat(out.shortRecords())
        .endsWith("EXEC 102 r=0 mis=0", "CLOSE 101 type=0", "XCTEND 1", "CLOSE 102 type=0");
    assertThat(out.statements().get(0).getText()).isEqualTo("select many");
    assertThat(out.statements().get(0).getExecuted()).isTrue();
    TraceIdentities.check(out);
  }

  @Test
  void answerThatIsSentBeforeTheClientThinksIsPartOfTheFetch() {
    script.running("select many").portal(1, "SELECT").ownStart(1, 2, 1);
    script.running("select many").ownRun(1, 2, 10).commandEnd("SELECT", 10).clientRead(50_000);
    Stitched out = script.transactionEnd(true).idle().stitch();
    assertThat(out.calls(out.only())).containsExactly("EXEC", "FETCH", "CLOSE");
    assertThat(out.only().getComplete()).isTrue();
    TraceIdentities.check(out);
  }

  @Test
  void suspendedStatementOfAnAbortedTransactionWasNotExecuted() {
    script.running("select many").portal(1, "SELECT").ownStart(1, 2, 1);
    script.running("select many").ownRun(1, 2, 10).idleInTransaction();
    script.running("selec").call("pg_parse_query").error("42601").transactionEnd(false).idle();
    Stitched out = script.stitch();
    assertThat(out.statements().get(0).getExecuted()).isFalse();
    assertThat(out.statements().get(0).getCloseReason()).isEqualTo(CloseReason.SUPERSEDED);
  }

  @Test
  void errorEndsTheCallAndFailsTheStatement() {
    Stitched out =
        script
            .running("select 1/0")
            .call("pg_parse_query")
            .portal(1, "SELECT")
            .ownStart(1, 2, 1)
            .enter("PortalRun", 1)
            .enter("standard_ExecutorRun", 2)
            .error("22012")
            .transactionEnd(false)
            .idle()
            .stitch();
    assertThat(out.shortRecords())
        .containsExactly(
            "PIC 101 0 select 1/0",
            "FUNCTION 101 pg_parse_query",
            "PARSE 101 r=0 mis=0",
            "EXEC 101 r=0 mis=0",
            "FETCH 101 r=0 mis=0",
            "ERROR 101 22012",
            "XCTEND 1",
            "CLOSE 101 type=0");
    assertThat(out.only().getCloseReason()).isEqualTo(CloseReason.FAILED);
    assertThat(out.only().getSqlstate()).isEqualTo("22012");
    assertThat(out.only().getExecuted()).isFalse();
  }

  @Test
  void statementSeenInItsMiddleIsMarked() {
    Stitched out =
        script
            .begunBefore()
            .exitOf("standard_ExecutorRun", 5)
            .commandEnd("SELECT", 5)
            .idle()
            .simpleSelect("select 1", 1)
            .stitch();
    QueryTrace first = out.statements().get(0);
    assertThat(first.getBegunBefore()).isTrue();
    assertThat(first.getComplete()).isFalse();
    assertThat(first.getText()).isEmpty();
    assertThat(first.getExecuted()).isTrue();
    assertThat(out.statements().get(1).getBegunBefore()).isFalse();
    assertThat(out.statements().get(1).getComplete()).isTrue();
  }

  @Test
  void idleSessionAtAttachmentHasNoStatement() {
    assertThat(script.begunBefore().clientRead(9_000).simpleSelect("select 1", 1).stitch().only())
        .extracting(QueryTrace::getComplete)
        .isEqualTo(true);
  }

  @Test
  void endOfTheProcessClosesWhatIsOpen() {
    Stitched out = script.running("select 1").call("pg_parse_query").backendEnd().stitch();
    assertThat(out.only().getCloseReason()).isEqualTo(CloseReason.BACKEND_ENDED);
    assertThat(out.shortRecords()).endsWith("CLOSE 101 type=0", "NOTE BACKEND END");
  }

  @Test
  void shareOfAParallelWorkerIsATraceThatWasNotExecuted() {
    script.backend().setKind(BackendKind.PARALLEL_WORKER);
    script.running("select big").statement(2, "select big", 1, -1, 0).exit();
    script.enter("standard_ExecutorRun", 2).exit(70).enter("standard_ExecutorFinish", 2).exit();
    Stitched out = script.enter("standard_ExecutorEnd", 2).exit().backendEnd().stitch();
    assertThat(out.calls(out.only())).containsExactly("EXEC", "FETCH", "CLOSE");
    assertThat(out.only().getExecuted()).isFalse();
    assertThat(out.only().getCloseReason()).isEqualTo(CloseReason.COMPLETED);
  }

  @Test
  void shareOfAParallelWorkerHasAnIdOfItsOwnAndItsRows() {
    String leaders = script.simpleSelect("select big", 1).stitch().only().getTraceId();
    BackendScript worker = new BackendScript();
    worker.backend().setKind(BackendKind.PARALLEL_WORKER);
    worker.backend().setLeaderPid(worker.backend().getPid());
    worker.backend().setPid(4_800);
    worker.running("select big").statement(2, "select big", 1, -1, 0).exit();
    worker.enter("standard_ExecutorRun", 2).waits("IO", "DataFileRead", 3_000).exit(70);
    worker.enter("standard_ExecutorFinish", 2).exit().enter("standard_ExecutorEnd", 2).exit();
    Stitched out = worker.backendEnd().stitch();
    assertThat(out.only().getTraceId()).isNotEqualTo(leaders);
    assertThat(out.only().getText()).isEqualTo("select big");
    assertThat(out.only().getBackend().getLeaderPid()).isEqualTo(4_711);
    assertThat(out.shortRecords()).contains("WAIT 101 DataFileRead", "FETCH 101 r=70 mis=0");
    TraceIdentities.check(out);
  }

  @Test
  void secondBindOfOneTextIsAnotherStatement() {
    script.running("insert").portal(1, "INSERT").running("insert").portal(3, "INSERT");
    for (long portal : new long[] {1, 3}) {
      script.running("insert").enter("PortalRun", portal).statement(portal + 1, "", 3, -1, 0);
      script.exit().exit().commandEnd("INSERT", 1);
    }
    Stitched out = script.idle().stitch();
    assertThat(out.statements()).hasSize(2).allMatch(QueryTrace::getExecuted);
    TraceIdentities.check(out);
  }

  @Test
  void sameInputGivesTheSameIds() {
    String first = script.simpleSelect("select 1", 1).stitch().only().getTraceId();
    assertThat(first).hasSize(32).isEqualTo(script.stitch().only().getTraceId());
  }

  @Test
  void sameMomentOnAnotherBackendGivesAnotherId() {
    String first = script.simpleSelect("select 1", 1).stitch().only().getTraceId();
    script.backend().setPid(4712);
    assertThat(script.stitch().only().getTraceId()).isNotEqualTo(first);
  }
}
