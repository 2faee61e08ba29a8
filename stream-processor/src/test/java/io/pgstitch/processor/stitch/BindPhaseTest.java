package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which messages are a Bind, from where to where it lasts, and what lies inside. */
class BindPhaseTest {
  private static final String TEXT = "select a from t where a = $1";

  private final BackendScript script = new BackendScript();

  private BackendScript parse(String text) {
    return script.running(text).call("pg_parse_query").call("parse_analyze_varparams");
  }

  private BackendScript bind(String text, long portal) {
    return script.running(text).portal(portal, "SELECT").ownStart(portal, portal + 1, 1);
  }

  private BackendScript bindAndPlan(String text, long portal) {
    script.running(text).call("standard_planner").portal(portal, "SELECT");
    return script.ownStart(portal, portal + 1, 1);
  }

  private BackendScript execute(String text, long portal) {
    return script.running(text).ownRun(portal, portal + 1, 1);
  }

  private Stitched end() {
    Stitched out = script.transactionEnd(true).idle().stitch();
    TraceIdentities.check(out);
    StitchedViews.check(out);
    return out;
  }

  private static List<Span> binds(Stitched out, QueryTrace trace) {
    return out.spans(trace).stream().filter(span -> span.getName().equals("Bind")).toList();
  }

  private static List<String> inside(Stitched out, QueryTrace trace, Span around) {
    return out.spans(trace).stream()
        .filter(span -> span.getParentSpanId().equals(around.getSpanId()))
        .map(Span::getName)
        .toList();
  }

  @Test
  void itLastsFromItsReportToTheReturnOfPortalStartWithItsPlanning() {
    parse(TEXT);
    long before = script.now();
    bindAndPlan(TEXT, 0x10);
    long after = script.now();
    execute(TEXT, 0x10).commandEnd("SELECT", 1);
    Stitched out = end();
    QueryTrace trace = out.only();
    assertThat(binds(out, trace)).hasSize(1);
    Span bind = binds(out, trace).get(0);
    assertThat(bind.getKind()).isEqualTo(SpanKind.FUNCTION);
    assertThat(bind.getStartUtcNs() - BackendScript.UTC_OFFSET).isEqualTo(before + 1_000);
    assertThat(bind.getEndUtcNs() - BackendScript.UTC_OFFSET).isEqualTo(after);
    assertThat(bind.getCpuNs()).isEqualTo((after - before - 1_000) * 6 / 10);
    assertThat(bind.getSqlstate()).isNull();
    assertThat(inside(out, trace, bind)).containsExactly("standard_planner", "PortalStart");
    assertThat(out.spans(trace, SpanKind.EXEC))
        .extracting(Span::getSpanId)
        .containsExactly(bind.getParentSpanId());
  }

  @Test
  void theSimpleProtocolHasNone() {
    parse(TEXT);
    bind(TEXT, 0x10);
    execute(TEXT, 0x10).commandEnd("SELECT", 1);
    script.idle().simpleSelect("select 2", 1).simpleSelect("select 3; select 4", 1);
    script.running("select 5").call("pg_parse_query").call("parse_analyze");
    script.call("standard_planner").error("22012").idle();
    Stitched out = end();
    assertThat(out.statements())
        .filteredOn(trace -> !trace.getText().equals(TEXT))
        .hasSizeGreaterThanOrEqualTo(3)
        .allSatisfy(trace -> assertThat(binds(out, trace)).isEmpty());
  }

  @Test
  void eachBindOfAPreparedStatementHasOneWithAndWithoutAPlanOfItsOwn() {
    parse(TEXT);
    for (long portal = 0x10; portal < 0x40; portal += 0x10) {
      if (portal == 0x20) {
        bind(TEXT, portal);
      } else {
        bindAndPlan(TEXT, portal);
      }
      execute(TEXT, portal).commandEnd("SELECT", 1);
      script.transactionEnd(true).idle();
    }
    Stitched out = script.stitch();
    TraceIdentities.check(out);
    assertThat(out.statements())
        .hasSize(3)
        .allSatisfy(trace -> assertThat(binds(out, trace)).hasSize(1));
    Span generic = binds(out, out.statements().get(1)).get(0);
    assertThat(inside(out, out.statements().get(1), generic)).containsExactly("PortalStart");
  }

  @Test
  void severalBindsOfATextBeforeAnExecuteAreEachItsStatements() {
    parse(TEXT);
    bindAndPlan(TEXT, 0x10);
    bindAndPlan(TEXT, 0x20);
    execute(TEXT, 0x10).commandEnd("SELECT", 1);
    execute(TEXT, 0x20).commandEnd("SELECT", 1);
    Stitched out = end();
    assertThat(out.statements())
        .hasSize(2)
        .allSatisfy(trace -> assertThat(binds(out, trace)).hasSize(1));
  }

  @Test
  void aPortalThatIsNeverRunWasBound() {
    parse(TEXT);
    bind(TEXT, 0x10);
    Stitched out = end();
    assertThat(out.only().getExecuted()).isFalse();
    assertThat(binds(out, out.only())).hasSize(1);
  }

  @Test
  void theNextFetchOfAPortalIsNoBind() {
    parse(TEXT);
    bind(TEXT, 0x10);
    script.running(TEXT).enter("PortalRun", 0x10).enter("standard_ExecutorRun", 0x11);
    script.exit(2).exit(0).idleInTransaction();
    script.running(TEXT).enter("PortalRun", 0x10).enter("standard_ExecutorRun", 0x11);
    script.exit(2).exit(1).commandEnd("SELECT", 2);
    Stitched out = end();
    assertThat(binds(out, out.only())).hasSize(1);
  }

  @Test
  void anErrorInItEndsItWithItsReason() {
    parse(TEXT);
    execute(TEXT, 0x5).commandEnd("SELECT", 1);
    script.transactionEnd(true).idle();
    parse(TEXT);
    script.running(TEXT).error("22P02").idle();
    Stitched out = script.stitch();
    TraceIdentities.check(out);
    QueryTrace failed = out.statements().get(1);
    assertThat(failed.getCloseReason()).isEqualTo(CloseReason.FAILED);
    assertThat(binds(out, failed)).extracting(Span::getSqlstate).containsExactly("22P02");
    assertThat(out.spans(failed, SpanKind.EXEC))
        .extracting(Span::getSpanId)
        .containsExactly(binds(out, failed).get(0).getParentSpanId());
  }

  @Test
  void anErrorWhilePlanningOrStartingEndsItWithItsReason() {
    parse(TEXT);
    bind(TEXT, 0x10);
    execute(TEXT, 0x10).commandEnd("SELECT", 1);
    script.transactionEnd(true).idle();
    script.running(TEXT).enter("standard_planner").error("22012").idle();
    script.running(TEXT).portal(0x20, "SELECT").enter("PortalStart", 0x20).error("53200").idle();
    Stitched out = script.stitch();
    TraceIdentities.check(out);
    QueryTrace planned = out.statements().get(1);
    Span bind = binds(out, planned).get(0);
    assertThat(bind.getSqlstate()).isEqualTo("22012");
    assertThat(inside(out, planned, bind)).containsExactly("standard_planner");
    assertThat(binds(out, out.statements().get(2)))
        .extracting(Span::getSqlstate)
        .containsExactly("53200");
  }

  @Test
  void anErrorThatMayBeAnExecutesIsNone() {
    parse(TEXT);
    bind(TEXT, 0x10);
    script.running(TEXT).error("57014").idle();
    Stitched out = script.stitch();
    assertThat(binds(out, out.only())).extracting(Span::getSqlstate).containsOnlyNulls().hasSize(1);
  }

  @Test
  void aCommandOfReplicationThatFailsIsNone() {
    script.simpleSelect("select 1", 1);
    script.running("START_REPLICATION SLOT s LOGICAL 0/0").error("42704").idle();
    Stitched out = script.stitch();
    assertThat(binds(out, out.statements().get(1))).isEmpty();
  }

  @Test
  void itEndsWithItsProcess() {
    parse(TEXT);
    bind(TEXT, 0x10);
    execute(TEXT, 0x10).commandEnd("SELECT", 1);
    script.transactionEnd(true).idle();
    script.running(TEXT).enter("standard_planner").backendEnd(0, 9);
    Stitched out = script.stitch();
    QueryTrace killed = out.statements().get(1);
    assertThat(killed.getCloseReason()).isEqualTo(CloseReason.BACKEND_ENDED);
    assertThat(binds(out, killed)).hasSize(1);
    assertThat(inside(out, killed, binds(out, killed).get(0))).containsExactly("standard_planner");
  }

  @Test
  void whereTheParserIsNotKnownToBeWatchedOnlyANamedStatementIsBound() {
    // The probes of a session are planted while its message runs.
    script.level(1).running("select 1").level(12).call("standard_planner");
    script.portal(0x10, "SELECT").ownStart(0x10, 0x11, 1);
    script.ownRun(0x10, 0x11, 1).commandEnd("SELECT", 1).transactionEnd(true).idle();
    script.running("select 2").call("standard_planner").portal(0x10, "SELECT");
    script.ownStart(0x10, 0x11, 1).ownRun(0x10, 0x11, 1).commandEnd("SELECT", 1);
    script.transactionEnd(true).idle();
    script.running(TEXT).portal(0x10, "SELECT", "S_1", -1, 0).ownStart(0x10, 0x11, 1);
    execute(TEXT, 0x10).commandEnd("SELECT", 1);
    script.transactionEnd(true).idle();
    Stitched out = script.stitch();
    assertThat(out.statements()).hasSize(3);
    assertThat(binds(out, out.statements().get(0))).isEmpty();
    assertThat(binds(out, out.statements().get(1))).isEmpty();
    assertThat(binds(out, out.statements().get(2))).hasSize(1);
  }

  /**
   * Where levels of all see statements alone, the parser is watched while a session asks for it.
   */
  @Test
  void whereTheParserIsNotWatchedAnyMoreAFailedQueryIsNone() {
    for (String setting : List.of("pgstitch.functions", "pgstitch.level")) {
      parse(TEXT);
      bind(TEXT, 0x10);
      execute(TEXT, 0x10).commandEnd("SELECT", 1).transactionEnd(true).idle();
      script.set(setting, "").idle();
      script.running("select 1/0 /* " + setting + " */").error("22012").idle();
    }
    Stitched out = script.stitch();
    TraceIdentities.check(out);
    assertThat(out.statements())
        .filteredOn(trace -> "22012".equals(trace.getSqlstate()))
        .hasSize(2)
        .allSatisfy(trace -> assertThat(binds(out, trace)).isEmpty());
  }

  @Test
  void whatWasLostMakesNone() {
    parse(TEXT);
    bind(TEXT, 0x10);
    execute(TEXT, 0x10).commandEnd("SELECT", 1).transactionEnd(true).idle();
    script.running("select 1"); // what parses it is lost
    int to = script.size();
    script.call("pg_parse_query").call("standard_planner");
    int lost = script.size() - to;
    script.portal(0x10, "SELECT").ownStart(0x10, 0x11, 1).ownRun(0x10, 0x11, 1);
    script.commandEnd("SELECT", 1).transactionEnd(true).idle();
    Stitched out = new Stitched();
    SessionStitcher stitcher =
        new SessionStitcher(script.backend(), StitchLimits.DEFAULT, out.counters, out);
    stitcher.accept(script.batch(0, to, 0));
    stitcher.accept(script.batch(to + lost, script.size(), 0));
    assertThat(out.statements())
        .filteredOn(trace -> !trace.getText().equals(TEXT))
        .isNotEmpty()
        .allSatisfy(trace -> assertThat(binds(out, trace)).isEmpty());
  }
}
