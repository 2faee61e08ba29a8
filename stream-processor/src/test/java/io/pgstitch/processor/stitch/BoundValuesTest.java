package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Bind;
import io.pgstitch.schema.Binds;
import io.pgstitch.schema.Call;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Bind values belong to the statement whose executor has them, and stand before its EXEC. */
class BoundValuesTest {
  private static final int SELECT = 1;
  private static final int INSERT = 3;
  private static final int UTILITY = 6;

  private final BackendScript script = new BackendScript();

  private BackendScript execute(String text, long portal, long object, String... values) {
    script
        .running(text)
        .call("pg_parse_query")
        .portal(portal, "SELECT")
        .ownStart(portal, object, SELECT)
        .enter("PortalRun", portal)
        .enter("standard_ExecutorRun", object)
        .binds(object, values);
    return script.exit(1).exit().commandEnd("SELECT", 1);
  }

  private static List<String> values(Span span) {
    return span.getBinds() == null ? null : span.getBinds().stream().map(Bind::getValue).toList();
  }

  private static List<Span> statements(Stitched out) {
    return out.spans(out.only(), SpanKind.STATEMENT);
  }

  @Test
  void ofASelectStandBeforeItsExecAlthoughItRunsInFetch() {
    Stitched out = execute("select $1", 1, 2, "a", "b").idle().stitch();
    assertThat(out.shortRecords())
        .containsExactly(
            "PIC 101 0 select $1",
            "FUNCTION 101 pg_parse_query",
            "PARSE 101 r=0 mis=0",
            "BINDS 101 [a, b]",
            "EXEC 101 r=0 mis=0",
            "FETCH 101 r=1 mis=0",
            "XCTEND 0",
            "CLOSE 101 type=0");
    assertThat(values(statements(out).get(0))).containsExactly("a", "b");
    assertThat(statements(out).get(0).getBindsTotal()).isEqualTo(2);
    TraceIdentities.check(out);
    Binds binds = (Binds) out.records.get(3);
    Call exec = (Call) out.records.get(4);
    assertThat(binds.getTimUs()).isEqualTo(exec.getTimUs() - exec.getElapsedUs());
  }

  /**
   * The part ends wherever it is full, but not between an EXEC and the values that belong before.
   */
  @Test
  void standBeforeTheirExecWhereverAPartEnds() {
    script.level(12);
    execute("select $1", 1, 2, "a").idle();
    List<String> whole = script.stitch().shortRecords();
    assertThat(whole).containsSubsequence("BINDS 101 [a]", "EXEC 101 r=0 mis=0");
    for (int limit = 1; limit < 20; limit++) {
      Stitched parts = script.stitch(new StitchLimits(limit, 512, 64, 64));
      assertThat(parts.shortRecords()).as("parts of " + limit).isEqualTo(whole);
    }
  }

  /** The same where other events come between the end of an EXEC and the executor's run. */
  @Test
  void ofNestedStatementsStandBeforeTheirExecWhereverAPartEnds() {
    script
        .level(12)
        .running("select f($1)")
        .portal(1, "SELECT")
        .ownStart(1, 2, SELECT)
        .enter("PortalRun", 1)
        .hits(3)
        .enter("standard_ExecutorRun", 2)
        .binds(2, "outer");
    script.statement(9, "select $1", SELECT, -1, 0).exit().hits(3);
    script.enter("standard_ExecutorRun", 9).binds(9, "inner").exit(1);
    script.enter("standard_ExecutorEnd", 9).exit();
    script.exit(1).exit().commandEnd("SELECT", 1).idle();
    List<String> whole = script.stitch().shortRecords();
    for (int limit = 1; limit < 30; limit++) {
      Stitched parts = script.stitch(new StitchLimits(limit, 512, 64, 64));
      assertThat(parts.shortRecords()).as("parts of " + limit).isEqualTo(whole);
    }
  }

  @Test
  void afterAnExecThatWasSentAreSaidToBeLate() {
    script.level(12).running("select $1").portal(1, "SELECT", "s1", -1, 0).ownStart(1, 2, SELECT);
    script.idleInTransaction().running("select $1").enter("PortalRun", 1);
    script.enter("standard_ExecutorRun", 2).binds(2, "a").exit(1).exit();
    Stitched out = script.commandEnd("SELECT", 1).idle().stitch();
    assertThat(out.statements()).hasSize(1);
    assertThat(out.shortRecords())
        .containsSubsequence(
            "EXEC 101 r=0 mis=0", "NOTE BINDS LATE", "BINDS 101 [a]", "FETCH 101 r=1 mis=0");
  }

  @Test
  void eachExecutionHasItsOwn() {
    execute("select $1", 1, 2, "first").idleInTransaction();
    Stitched out = execute("select $1", 1, 2, "second").idle().stitch();
    assertThat(out.statements()).hasSize(2);
    assertThat(out.shortRecords())
        .containsSubsequence("BINDS 101 [first]", "FETCH 101 r=1 mis=0", "BINDS 101 [second]");
    assertThat(
            out.statements().stream().map(t -> values(t.getSpans().get(t.getSpans().size() - 1))))
        .containsExactly(List.of("first"), List.of("second"));
    TraceIdentities.check(out);
  }

  @Test
  void ofANestedStatementAreItsOwn() {
    script
        .running("select f($1)")
        .portal(1, "SELECT")
        .ownStart(1, 2, SELECT)
        .enter("PortalRun", 1)
        .enter("standard_ExecutorRun", 2)
        .binds(2, "outer");
    script.statement(9, "select $1", SELECT, -1, 0).exit();
    script.enter("standard_ExecutorRun", 9).binds(9, "inner").exit(1);
    script.enter("standard_ExecutorEnd", 9).exit();
    script.statement(10, "insert $1", INSERT, -1, 0).exit();
    script.enter("standard_ExecutorRun", 10).binds(10, "new").exit(1);
    script.enter("standard_ExecutorEnd", 10).exit();
    Stitched out = script.exit(1).exit().commandEnd("SELECT", 1).idle().stitch();
    assertThat(out.shortRecords())
        .containsSubsequence(
            "BINDS 101 [outer]",
            "EXEC 101 r=0 mis=0",
            "PIC 102 1 select $1",
            "BINDS 102 [inner]",
            "EXEC 102 r=0 mis=0",
            "FETCH 102 r=1 mis=0",
            "PIC 102 1 insert $1",
            "BINDS 102 [new]",
            "EXEC 102 r=1 mis=0");
    assertThat(statements(out).stream().map(BoundValuesTest::values))
        .containsExactly(List.of("inner"), List.of("new"), List.of("outer"));
    TraceIdentities.check(out);
  }

  @Test
  void ofACallComeInItsCommand() {
    script.running("call p($1)").portal(1, "CALL").enter("PortalRun", 1);
    script.statement(0, "", UTILITY, -1, 0).binds(0, "outer");
    script.statement(0, "call q($1)", UTILITY, -1, 0).binds(0, "inner").exit();
    Stitched out = script.exit().exit().commandEnd("CALL", 0).idle().stitch();
    assertThat(out.shortRecords())
        .containsSubsequence("PIC 101 0 call p($1)", "BINDS 101 [outer]", "BINDS 102 [inner]");
    assertThat(statements(out).stream().map(BoundValuesTest::values))
        .containsExactly(List.of("inner"), List.of("outer"));
    TraceIdentities.check(out);
  }

  @Test
  void ofNoKnownStatementAreCounted() {
    script.running("select 1").binds(77, "lost");
    Stitched out = script.idle().stitch();
    assertThat(out.counters.get(Counter.BINDS_WITHOUT_STATEMENT)).isEqualTo(1);
    assertThat(out.shortRecords()).noneMatch(r -> r.startsWith("BINDS"));
  }
}
