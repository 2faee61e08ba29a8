package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.Note;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import io.pgstitch.schema.TransactionEndLine;
import org.junit.jupiter.api.Test;

/** What is made of the few events of level 1, a rule each; docs/decisions/0012 names them. */
class LevelOneTest {
  private final BackendScript script = new BackendScript().level(1);

  @Test
  void simpleSelectHasAllItsCalls() {
    Stitched out = script.leanSelect("select 1", 4).stitch();
    assertThat(out.shortRecords())
        .containsExactly(
            "PIC 101 0 select 1",
            "PARSE 101 r=0 mis=1",
            "EXEC 101 r=0 mis=0",
            "FETCH 101 r=4 mis=0",
            "XCTEND 0",
            "CLOSE 101 type=0");
    assertThat(out.only().getExecuted()).isTrue();
    assertThat(out.only().getComplete()).isTrue();
    assertThat(out.only().getRows()).isEqualTo(4);
    assertThat(out.only().getCommandTag()).isEqualTo("SELECT");
    Span exec = out.spans(out.only(), SpanKind.EXEC).get(0);
    assertThat(exec.getEndUtcNs()).isEqualTo(exec.getStartUtcNs());
    TraceIdentities.check(out);
  }

  @Test
  void triggersAfterTheRunAreInTheExecOfTheirStatement() {
    script.running("insert").leanRun(0x10, "", 3, -1, 0).exit(2);
    script.enter("x").leanRun(0x20, "select from parent", 1, -1, 0).exit(1).longjmp(0);
    Stitched out = script.commandEnd("INSERT", 2).idleAfterWrite().stitch();
    assertThat(out.shortRecords())
        .containsExactly(
            "PIC 101 0 insert",
            "PARSE 101 r=0 mis=1",
            "PIC 102 1 select from parent",
            "EXEC 102 r=0 mis=0",
            "FETCH 102 r=1 mis=0",
            "CLOSE 102 type=0",
            "FUNCTION 101 x",
            "EXEC 101 r=2 mis=0",
            "XCTEND 0",
            "CLOSE 101 type=0");
    assertThat(out.records)
        .filteredOn(TransactionEndLine.class::isInstance)
        .extracting(line -> ((TransactionEndLine) line).getReadOnly())
        .containsExactly(false);
    TraceIdentities.check(out);
  }

  @Test
  void rowsOfUtilityComeFromTheCommandEnd() {
    script.running("copy t").statement(0, "", 6, -1, 0).exit();
    Stitched out = script.commandEnd("COPY", 12).idle().stitch();
    assertThat(out.shortRecords()).contains("PARSE 101 r=0 mis=0", "EXEC 101 r=12 mis=0");
    TraceIdentities.check(out);
  }

  @Test
  void statementsOfOneMessageAreDividedWithTheirTexts() {
    String all = "select 'é';\n select 2";
    script.running(all).leanRun(0x10, "", 1, 0, 11).exit(1).commandEnd("SELECT", 1);
    script.leanRun(0x10, "", 1, 12, 0).exit(1).commandEnd("SELECT", 1).idle();
    Stitched out = script.stitch();
    assertThat(out.statements())
        .extracting(QueryTrace::getText)
        .containsExactly("select 'é'", "select 2");
    assertThat(out.statements()).allMatch(QueryTrace::getExecuted);
    TraceIdentities.check(out);
  }

  @Test
  void statementThatRunsWhileAnotherIsPlannedIsNotIt() {
    script.running("select f()").enter("x").leanRun(0x10, "select in f", 1, -1, 0).exit(1);
    script.longjmp(0).leanRun(0x20, "", 1, -1, 0).exit(1).commandEnd("SELECT", 1).idle();
    Stitched out = script.stitch();
    assertThat(out.only().getText()).isEqualTo("select f()");
    assertThat(out.shortRecords()).contains("PIC 102 1 select in f", "FETCH 101 r=1 mis=0");
    TraceIdentities.check(out);
  }

  @Test
  void preparedStatementHasNoParse() {
    script.running("select $1").running("select $1").leanRun(0x10, "", 1, -1, 0).exit(7);
    Stitched out = script.commandEnd("SELECT", 7).idle().stitch();
    assertThat(out.calls(out.only())).containsExactly("EXEC", "FETCH", "CLOSE");
    TraceIdentities.check(out);
  }

  @Test
  void waitsAndBindsAreInTheCallsOfAPreparedStatement() {
    script.level(12).running("select $1").waits("IO", "DataFileRead", 2_000);
    script.running("select $1").leanRun(0x10, "", 1, -1, 0).binds(0x10, "v");
    script.waits("Client", "ClientWrite", 3_000).exit(7);
    Stitched out = script.commandEnd("SELECT", 7).idle().stitch();
    assertThat(out.shortRecords())
        .containsExactly(
            "PIC 101 0 select $1",
            "WAIT 101 DataFileRead",
            "BINDS 101 [v]",
            "EXEC 101 r=0 mis=0",
            "WAIT 101 ClientWrite",
            "FETCH 101 r=7 mis=0",
            "XCTEND 0",
            "CLOSE 101 type=0");
    TraceIdentities.check(out);
    StitchedViews.check(out);
  }

  @Test
  void waitBeforeAnErrorIsInTheParse() {
    script.level(12).running("select 1").waits("Lock", "relation", 2_000);
    Stitched out = script.error("55P03").idle().stitch();
    assertThat(out.shortRecords())
        .containsSubsequence("WAIT 101 relation", "PARSE 101 r=0 mis=0", "ERROR 101 55P03");
    TraceIdentities.check(out);
  }

  @Test
  void parseBindAndExecuteHaveOneParse() {
    script.running("select $1").running("select $1").running("select $1");
    script.leanRun(0x10, "", 1, -1, 0).exit(7).commandEnd("SELECT", 7).idle();
    Stitched out = script.stitch();
    assertThat(out.calls(out.only())).containsExactly("PARSE", "EXEC", "FETCH", "CLOSE");
    TraceIdentities.check(out);
  }

  @Test
  void parseAloneIsParseOnly() {
    Stitched out = script.running("select $1").idle().stitch();
    assertThat(out.only().getCloseReason()).isEqualTo(CloseReason.PARSE_ONLY);
    assertThat(out.only().getExecuted()).isFalse();
  }

  private void fetch(String text, long query, long rows) {
    script.running(text).leanRun(query, "", 1, -1, 0).exit(rows);
  }

  @Test
  void portalFetchedInPartsIsOneStatement() {
    script.running("many");
    fetch("many", 0x10, 10);
    script.idleInTransaction();
    script.leanSelectRuns("other", 0x20, 1).commandEnd("SELECT", 1).idleInTransaction();
    fetch("many", 0x10, 10);
    fetch("many", 0x10, 3);
    Stitched out = script.commandEnd("SELECT", 3).idleInTransaction().stitch();
    assertThat(out.statements()).extracting(QueryTrace::getText).containsExactly("other", "many");
    assertThat(out.spans(out.statements().get(1), SpanKind.FETCH))
        .extracting(Span::getRows)
        .containsExactly(10L, 10L, 3L);
    TraceIdentities.check(out);
  }

  @Test
  void portalBoundAnewAtTheSameAddressIsAnotherStatement() {
    script.running("many");
    fetch("many", 0x10, 10);
    script.running("many");
    fetch("many", 0x10, 10);
    Stitched out = script.commandEnd("SELECT", 10).idle().stitch();
    assertThat(out.statements()).hasSize(2).allMatch(QueryTrace::getExecuted);
    // The first may have been the same portal all the same.
    assertThat(out.statements()).extracting(QueryTrace::getComplete).containsExactly(false, true);
    TraceIdentities.check(out);
  }

  @Test
  void portalNotFetchedToItsEndIsExecutedWhenItsTransactionCommits() {
    script.running("many");
    fetch("many", 0x10, 10);
    script.idleInTransaction().leanUtility("commit", "COMMIT").idle();
    assertThat(script.stitch().statements())
        .extracting(QueryTrace::getText, QueryTrace::getExecuted)
        .contains(tuple("many", true));
    assertThat(script.stitch().statements()).allMatch(QueryTrace::getComplete);
  }

  @Test
  void portalOfATransactionThatIsRolledBackIsNotExecuted() {
    script.running("many");
    fetch("many", 0x10, 10);
    script.idleInTransaction().leanUtility("commit", "ROLLBACK").idle();
    Stitched out = script.stitch();
    assertThat(out.statements())
        .extracting(QueryTrace::getText, QueryTrace::getExecuted)
        .contains(tuple("many", false));
    assertThat(out.shortRecords()).contains("XCTEND 1");
  }

  @Test
  void whatFollowsAPartialFetchIsPartOfIt() {
    script.running("many");
    fetch("many", 0x10, 10);
    script.after(28_000).idleInTransaction();
    script.leanUtility("rollback", "ROLLBACK").idle();
    Stitched out = script.stitch();
    assertThat(out.shortRecords())
        .containsExactly(
            "PIC 101 0 many",
            "EXEC 101 r=0 mis=0",
            "FETCH 101 r=10 mis=0",
            "PIC 102 0 rollback",
            "PARSE 102 r=0 mis=0",
            "EXEC 102 r=0 mis=0",
            "XCTEND 1",
            "CLOSE 102 type=0",
            "CLOSE 101 type=0");
    assertThat(out.calls(out.statements().get(0))).containsExactly("EXEC", "FETCH");
    TraceIdentities.check(out);
  }

  @Test
  void errorBeforeTheRunIsOfTheParse() {
    Stitched out = script.running("selec").error("42601").idle().stitch();
    assertThat(out.shortRecords())
        .containsExactly(
            "PIC 101 0 selec",
            "PARSE 101 r=0 mis=0",
            "ERROR 101 42601",
            "XCTEND 1",
            "CLOSE 101 type=0");
    TraceIdentities.check(out);
  }

  @Test
  void savepointThatIsRolledBackLeavesTheTransactionCommitted() {
    script.leanUtility("begin", "BEGIN").idleInTransaction();
    script.running("select 1/0").error("22012").idleInTransaction();
    script.leanUtility("rollback to s", "ROLLBACK").idleInTransaction();
    script.leanUtility("commit", "COMMIT").idle();
    assertThat(script.stitch().shortRecords()).contains("XCTEND 0").doesNotContain("XCTEND 1");
  }

  @Test
  void statementInAFunctionEndsWithItsRunAndItsTriggersAreBesideIt() {
    script.running("select f()").leanRun(0x10, "", 1, -1, 0);
    script.leanRun(0x20, "insert", 3, -1, 0).exit(1);
    script.enter("x").leanRun(0x30, "select in trigger", 1, -1, 0).exit(1).longjmp(1);
    Stitched out = script.exit(1).commandEnd("SELECT", 1).idle().stitch();
    assertThat(out.shortRecords())
        .containsSubsequence(
            "PIC 102 1 insert", "EXEC 102 r=1 mis=0", "PIC 102 1 select in trigger");
    TraceIdentities.check(out);
  }

  @Test
  void rowsOfAProcessWithoutAClientAreThoseOfItsExecutor() {
    script.backend().setKind(BackendKind.OTHER);
    script.backend().setBackendType("logical replication worker");
    script.running("").leanRun(2, "insert into seen", 3, -1, 0).exit(3);
    script.leanRun(2, "insert into seen", 3, -1, 0).exit(4).idle();
    assertThat(script.stitch().statements())
        .filteredOn(trace -> trace.getText().equals("insert into seen"))
        .extracting(QueryTrace::getRows, QueryTrace::getComplete)
        .containsExactly(tuple(7L, true));
  }

  @Test
  void shareOfAParallelWorkerIsComplete() {
    script.backend().setKind(BackendKind.PARALLEL_WORKER);
    script.running("big").leanRun(2, "", 1, -1, 0).exit(70).backendEnd();
    Stitched out = script.stitch();
    assertThat(out.calls(out.only())).containsExactly("EXEC", "FETCH", "CLOSE");
    assertThat(out.only().getCloseReason()).isEqualTo(CloseReason.COMPLETED);
    assertThat(out.only().getExecuted()).isFalse();
    assertThat(out.shortRecords()).contains("FETCH 101 r=70 mis=0");
  }

  @Test
  void runOfAnExecutorThatIsKnownIsItsPlainEntry() {
    script.running("select 1").call("pg_parse_query").portal(1, "SELECT").ownStart(1, 2, 1);
    script.enter("PortalRun", 1);
    script.leanRun(2, "", 1, -1, 0).exit(3).exit().commandEnd("SELECT", 3).idle();
    Stitched out = script.stitch();
    assertThat(out.calls(out.only())).containsExactly("PARSE", "EXEC", "FETCH", "CLOSE");
    assertThat(out.only().getComplete()).isTrue();
    TraceIdentities.check(out);
  }

  @Test
  void levelsAreToldInTheTraceFile() {
    script.running("set").statement(0, "", 6, -1, 0);
    script.set("pgstitch.level", "12", false, 13, 12, false).exit().level(12);
    script.set("pgstitch.level", "16", false, 13, 12, true).commandEnd("SET", 0).idle().level(1);
    Stitched out = script.leanSelect("select 1", 1).stitch();
    assertThat(out.records)
        .filteredOn(Note.class::isInstance)
        .extracting(note -> ((Note) note).getText())
        .containsExactly("12 SET BY SESSION", "16 REFUSED, 12 STAYS IN FORCE", "1 IN FORCE");
    assertThat(out.statements()).extracting(QueryTrace::getLevel).containsExactly(1, 1);
  }
}
