package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import org.junit.jupiter.api.Test;

/** The planner's time belongs to the statement that it plans, inside another one too. */
class PlannedStatementsTest {
  private static final int SELECT = 1;
  private static final int INSERT = 3;

  private final BackendScript script = new BackendScript();

  private void running() {
    script
        .running("select f()")
        .call("pg_parse_query")
        .portal(1, "SELECT")
        .ownStart(1, 2, 1)
        .enter("PortalRun", 1)
        .enter("standard_ExecutorRun", 2);
  }

  private void plan(String text, int command) {
    script.planning(text, command, -1, 0).exit();
  }

  private Stitched finish() {
    Stitched out =
        script.exit(1).exit().transactionEnd(true).commandEnd("SELECT", 1).idle().stitch();
    TraceIdentities.check(out);
    return out;
  }

  @Test
  void aNestedStatementHasItsPlanInItsOwnParse() {
    running();
    plan("insert into t", INSERT);
    script.nested("insert into t", INSERT, 2, () -> {});
    Stitched out = finish();
    assertThat(out.shortRecords())
        .containsSubsequence(
            "EXEC 101 r=0 mis=0",
            "PIC 102 1 insert into t",
            "PARSE 102 r=0 mis=1",
            "EXEC 102 r=2 mis=0",
            "CLOSE 102 type=0",
            "FETCH 101 r=1 mis=0");
    Span parse =
        out.spans(out.only(), SpanKind.PARSE).stream()
            .filter(span -> span.getDepth() == 1)
            .findFirst()
            .orElseThrow();
    assertThat(out.spans(out.only(), SpanKind.FUNCTION))
        .filteredOn(span -> span.getParentSpanId().equals(parse.getSpanId()))
        .extracting(Span::getName)
        .containsExactly("standard_planner");
  }

  @Test
  void aWaitOfThePlannerIsThatStatements() {
    running();
    script.planning("select 2", SELECT, -1, 0).waits("IO", "DataFileRead", 500).exit();
    script.nested("select 2", SELECT, 1, () -> {});
    assertThat(finish().shortRecords())
        .containsSubsequence("PIC 102 1 select 2", "WAIT 102 DataFileRead", "PARSE 102 r=0 mis=1");
  }

  @Test
  void anExpressionThatNoExecutorRunsHasItsParseAlone() {
    running();
    plan("a + 1", SELECT);
    plan("select 2", SELECT);
    script.nested("select 2", SELECT, 1, () -> {});
    assertThat(finish().shortRecords())
        .containsSubsequence(
            "PIC 102 1 a + 1",
            "PARSE 102 r=0 mis=1",
            "PIC 103 1 select 2",
            "PARSE 103 r=0 mis=1",
            "CLOSE 102 type=0",
            "EXEC 103 r=0 mis=0",
            "FETCH 103 r=1 mis=0",
            "CLOSE 103 type=0");
  }

  @Test
  void statementsThatArePlannedTogetherRunInTurn() {
    running();
    plan("insert into a", INSERT);
    plan("insert into b", INSERT);
    script.nested("insert into a", INSERT, 1, () -> {});
    script.nested("insert into b", INSERT, 1, () -> {});
    assertThat(finish().shortRecords())
        .containsSubsequence(
            "PARSE 102 r=0 mis=1",
            "PARSE 103 r=0 mis=1",
            "EXEC 102 r=1 mis=0",
            "CLOSE 102 type=0",
            "EXEC 103 r=1 mis=0",
            "CLOSE 103 type=0");
  }

  @Test
  void aGenericAndACustomPlanAreTwoParses() {
    running();
    plan("select 2", SELECT);
    plan("select 2", SELECT);
    script.nested("select 2", SELECT, 1, () -> {});
    assertThat(finish().shortRecords())
        .containsSubsequence("PARSE 102 r=0 mis=1", "PARSE 102 r=0 mis=1", "EXEC 102 r=0 mis=0");
  }

  @Test
  void aCachedPlanHasNoParse() {
    running();
    plan("select 2", SELECT);
    script.nested("select 2", SELECT, 1, () -> {});
    script.nested("select 2", SELECT, 1, () -> {});
    assertThat(finish().shortRecords()).filteredOn("PARSE 102 r=0 mis=1"::equals).hasSize(1);
  }

  @Test
  void anErrorInThePlannerOfTheSecondStatementHasItsTextAlone() {
    String all = "select 1; select 1/0";
    script
        .running(all)
        .call("pg_parse_query")
        .planning("", SELECT, 0, 8)
        .exit()
        .portal(0x10, "SELECT", "", 0, 8)
        .ownStart(0x10, 0x11, 1)
        .ownRun(0x10, 0x11, 1)
        .endOfPortal(0x10, 0x11)
        .commandEnd("SELECT", 1);
    script.call("parse_analyze_fixedparams").planning("", SELECT, 9, 0);
    Stitched out = script.error("22012").transactionEnd(false).idle().stitch();
    assertThat(out.statements())
        .extracting(QueryTrace::getText)
        .containsExactly("select 1", "select 1/0");
    TraceIdentities.check(out);
  }
}
