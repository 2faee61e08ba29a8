package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Sequences of messages as drivers and poolers send them, with what servers do at each. */
class MessageSequencesTest {
  private final BackendScript script = new BackendScript();

  /** Parse, Bind and Execute of a select; nothing waits for the client. */
  private void parseBindExecute(String text, long portal) {
    script.running(text).call("pg_parse_query").call("parse_analyze_varparams");
    script.running(text).call("standard_planner").portal(portal, "SELECT");
    script.ownStart(portal, portal + 1, 1);
    script.running(text).ownRun(portal, portal + 1, 1).commandEnd("SELECT", 1);
  }

  @Test
  void pipelinedStatementsAreEachParsedBoundAndExecuted() {
    parseBindExecute("select 1", 0x10);
    parseBindExecute("select 2", 0x20);
    Stitched out = script.transactionEnd(true).idle().stitch();
    assertThat(out.shortRecords())
        .containsExactly(
            "PIC 101 0 select 1",
            "FUNCTION 101 pg_parse_query",
            "FUNCTION 101 parse_analyze_varparams",
            "PARSE 101 r=0 mis=0",
            "FUNCTION 101 standard_planner",
            "FUNCTION 101 Bind",
            "EXEC 101 r=0 mis=1",
            "FETCH 101 r=1 mis=0",
            "CLOSE 101 type=0",
            "PIC 101 0 select 2",
            "FUNCTION 101 pg_parse_query",
            "FUNCTION 101 parse_analyze_varparams",
            "PARSE 101 r=0 mis=0",
            "FUNCTION 101 standard_planner",
            "FUNCTION 101 Bind",
            "EXEC 101 r=0 mis=1",
            "FETCH 101 r=1 mis=0",
            "XCTEND 0",
            "CLOSE 101 type=0");
    assertThat(out.statements()).allMatch(QueryTrace::getExecuted);
    TraceIdentities.check(out);
  }

  @Test
  void pipelinedStatementsOfOneTextAreTwo() {
    parseBindExecute("select 1", 0x10);
    parseBindExecute("select 1", 0x20);
    Stitched out = script.transactionEnd(true).idle().stitch();
    assertThat(out.statements()).hasSize(2).allMatch(QueryTrace::getExecuted);
    TraceIdentities.check(out);
  }

  @Test
  void bindDropsTheUnnamedPortalOfThePipelinedStatementBefore() {
    parseBindExecute("select 1", 0x10);
    script.running("select 2").call("pg_parse_query").call("parse_analyze_varparams");
    script.running("select 2").endOfPortal(0x10, 0x11).portal(0x20, "SELECT");
    script.ownStart(0x20, 0x21, 1).running("select 2").ownRun(0x20, 0x21, 1);
    Stitched out = script.commandEnd("SELECT", 1).transactionEnd(true).idle().stitch();
    assertThat(out.statements()).hasSize(2).allMatch(QueryTrace::getExecuted);
    assertThat(out.spans(out.statements().get(1), SpanKind.STATEMENT)).hasSize(1);
    TraceIdentities.check(out);
  }

  /** A select of a simple Query message up to its command's end. */
  private void oneOfSeveral(String all, String one, long portal) {
    begin(all, one, portal, "SELECT");
    script.ownStart(portal, portal + 1, 1).ownRun(portal, portal + 1, 1);
    script.endOfPortal(portal, portal + 1).commandEnd("SELECT", 1);
  }

  private void begin(String all, String one, long portal, String tag) {
    int location = all.substring(0, all.indexOf(one)).getBytes(StandardCharsets.UTF_8).length;
    int length = one.getBytes(StandardCharsets.UTF_8).length;
    script.call("parse_analyze_fixedparams").call("standard_planner");
    script.portal(portal, tag, "", location, length);
  }

  @Test
  void errorInTheSecondOfSeveralStatementsFailsThatAlone() {
    String all = "select 1; select 1/x from t; select 3";
    script.running(all).call("pg_parse_query");
    oneOfSeveral(all, "select 1;", 0x10);
    begin(all, "select 1/x from t", 0x20, "SELECT");
    script.ownStart(0x20, 0x21, 1).enter("PortalRun", 0x20).enter("standard_ExecutorRun", 0x21);
    Stitched out = script.error("22012").transactionEnd(false).idle().stitch();
    assertThat(out.statements())
        .extracting(QueryTrace::getText)
        .containsExactly("select 1;", "select 1/x from t");
    assertThat(out.statements())
        .extracting(QueryTrace::getCloseReason)
        .containsExactly(CloseReason.COMPLETED, CloseReason.FAILED);
    assertThat(out.statements()).extracting(QueryTrace::getSqlstate).containsExactly(null, "22012");
    assertThat(out.statements()).extracting(QueryTrace::getExecuted).containsExactly(true, false);
    TraceIdentities.check(out);
  }

  @Test
  void errorInThePlanOfTheSecondStatementIsNotTheFirsts() {
    String all = "select 1; select 1/0";
    script.running(all).call("pg_parse_query");
    oneOfSeveral(all, "select 1;", 0x10);
    script.call("parse_analyze_fixedparams").enter("standard_planner");
    Stitched out = script.error("22012").transactionEnd(false).idle().stitch();
    assertThat(out.statements()).extracting(QueryTrace::getSqlstate).containsExactly(null, "22012");
    assertThat(out.shortRecords())
        .endsWith("PARSE 101 r=0 mis=1", "ERROR 101 22012", "XCTEND 1", "CLOSE 101 type=0");
    TraceIdentities.check(out);
  }

  @Test
  void commitAmongSeveralStatementsEndsTheImplicitTransactionInItsOwnClose() {
    String all = "select 1; commit; select 2";
    script.running(all).call("pg_parse_query");
    oneOfSeveral(all, "select 1;", 0x10);
    begin(all, "commit", 0x20, "COMMIT");
    script.enter("PortalStart", 0x20).exit();
    script.enter("PortalRun", 0x20).statement(0, "", 6, -1, 0).exit().exit();
    script.transactionEnd(true).commandEnd("COMMIT", 0);
    begin(all, "select 2", 0x30, "SELECT");
    script.ownStart(0x30, 0x31, 1).ownRun(0x30, 0x31, 1).endOfPortal(0x30, 0x31);
    Stitched out = script.transactionEnd(true).commandEnd("SELECT", 1).idle().stitch();
    assertThat(out.statements())
        .extracting(QueryTrace::getText)
        .containsExactly("select 1;", "commit", "select 2");
    assertThat(out.shortRecords())
        .containsSubsequence(
            "PIC 101 0 commit", "EXEC 101 r=0 mis=0", "XCTEND 0", "CLOSE 101 type=0")
        .containsSubsequence("PIC 101 0 select 2", "FETCH 101 r=1 mis=0", "XCTEND 0")
        .endsWith("CLOSE 101 type=0");
    assertThat(out.shortRecords()).filteredOn("XCTEND 0"::equals).hasSize(2);
    assertThat(out.statements()).allMatch(QueryTrace::getExecuted);
    TraceIdentities.check(out);
  }

  @Test
  void portalFetchedThreeTimesWithStatementsBetweenIsOneTraceInOrderOfTime() {
    script.running("select many").portal(0x10, "SELECT", "s1", -1, 0).ownStart(0x10, 0x11, 1);
    script.running("select many").ownRun(0x10, 0x11, 10).idleInTransaction();
    script.simpleSelectInTransaction("select a", 1).clientRead(40_000);
    script.running("select many").ownRun(0x10, 0x11, 10).idleInTransaction();
    script.simpleSelectInTransaction("select b", 1);
    script.running("select many").ownRun(0x10, 0x11, 3).commandEnd("SELECT", 3).idleInTransaction();
    Stitched out = script.stitch();
    assertThat(out.statements())
        .extracting(QueryTrace::getText)
        .containsExactly("select a", "select b", "select many");
    QueryTrace many = out.statements().get(2);
    assertThat(out.traces)
        .filteredOn(trace -> trace.getTraceId().equals(many.getTraceId()))
        .extracting(QueryTrace::getPart)
        .containsExactly(0, 1, 2);
    assertThat(out.spans(many, SpanKind.FETCH))
        .extracting(Span::getRows)
        .containsExactly(10L, 10L, 3L);
    assertThat(out.shortRecords()).filteredOn(line -> line.endsWith("select many")).hasSize(1);
    TraceIdentities.check(out);
  }

  private void killInNestedStatement() {
    script.running("select f()").call("pg_parse_query").portal(0x10, "SELECT");
    script.ownStart(0x10, 0x11, 1).enter("PortalRun", 0x10).enter("standard_ExecutorRun", 0x11);
    script.statement(0x20, "select nested", 1, -1, 0).exit().enter("standard_ExecutorRun", 0x20);
    script.waits("Timeout", "PgSleep", 9_000_000);
  }

  @Test
  void killInANestedStatementClosesItAndWhatEnclosesIt() {
    killInNestedStatement();
    Stitched out = script.backendEnd().stitch();
    assertThat(out.shortRecords())
        .endsWith(
            "PIC 102 1 select nested",
            "EXEC 102 r=0 mis=0",
            "WAIT 102 PgSleep",
            "FETCH 102 r=0 mis=0",
            "CLOSE 102 type=0",
            "FETCH 101 r=0 mis=0",
            "CLOSE 101 type=0",
            "NOTE BACKEND END");
    assertThat(out.only().getCloseReason()).isEqualTo(CloseReason.BACKEND_ENDED);
    assertThat(out.only().getExecuted()).isFalse();
    TraceIdentities.check(out);
  }

  @Test
  void terminationInANestedStatementFailsBoth() {
    killInNestedStatement();
    Stitched out = script.error("57P01").backendEnd().stitch();
    assertThat(out.spans(out.only(), SpanKind.STATEMENT))
        .extracting(Span::getSqlstate)
        .containsExactly("57P01", "57P01");
    assertThat(out.only().getCloseReason()).isEqualTo(CloseReason.FAILED);
    TraceIdentities.check(out);
  }

  @Test
  void sessionThatEndsAfterParseAndSyncLeavesAParseOnlyTrace() {
    script.running("select $1").call("pg_parse_query").call("parse_analyze_varparams");
    Stitched out = script.idle().clientRead(5_000).backendEnd().stitch();
    assertThat(out.only().getCloseReason()).isEqualTo(CloseReason.PARSE_ONLY);
    assertThat(out.shortRecords())
        .endsWith("CLOSE 101 type=1", "WAIT 0 ClientRead", "NOTE BACKEND END");
    TraceIdentities.check(out);
  }

  @Test
  void sessionThatEndsAfterParseWithoutSyncEndsTheParse() {
    script.running("select $1").call("pg_parse_query").call("parse_analyze_varparams");
    Stitched out = script.clientRead(5_000).backendEnd().stitch();
    assertThat(out.calls(out.only())).first().isEqualTo("PARSE");
    assertThat(out.only().getCloseReason()).isEqualTo(CloseReason.BACKEND_ENDED);
    assertThat(out.only().getExecuted()).isFalse();
    TraceIdentities.check(out);
  }
}
