package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.QueryTrace;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The application's trace context; docs/decisions/0007 explains the rules. */
class TraceContextTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SPAN = "00f067aa0ba902b7";
  private static final String PARENT = "00-" + TRACE + "-" + SPAN + "-01";
  private static final String OTHER = PARENT.replace("4bf9", "5bf9");

  private final BackendScript script = new BackendScript().level(1);

  private static QueryTrace of(String text) {
    return new BackendScript().level(1).leanSelect(text, 1).stitch().only();
  }

  private static long malformed(String text) {
    Stitched out = new BackendScript().level(1).leanSelect(text, 1).stitch();
    assertThat(out.only().getParentTraceId()).as(text).isEmpty();
    return out.counters.get(Counter.MALFORMED_TRACEPARENTS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/*traceparent='" + PARENT + "'*/ select 1",
        "select /* a='b', traceparent='" + PARENT + "',z='c' */ 1",
        "select 1 /*action='%2Fx%27s',traceparent='" + PARENT + "'*/",
        "select 1 /*traceparent=%27" + PARENT + "%27*/",
        "select 1 /*traceparent=" + PARENT + "*/;",
        "select 1 /* it\\'s /* nested */ traceparent='" + PARENT + "' */",
        "select E'\\'/*', $$/*$$, $a$ ' $a$, \"/*\" -- /*\n/*traceparent='" + PARENT + "'*/",
        "/*span={\"traceparent\":\"" + PARENT + "\"}*/ select 1",
        "/*span={\"trace_id\":\"" + TRACE + "\",\"span_id\":\"" + SPAN + "\"}*/ select 1",
        "select 1 /*traceparent='01-" + TRACE + "-" + SPAN + "-01-more'*/"
      })
  void commentAnywhereInTheTextGivesIt(String text) {
    assertThat(of(text).getParentTraceId()).isEqualTo(TRACE);
    assertThat(of(text).getParentSpanId()).isEqualTo(SPAN);
    assertThat(of(text).getSampled()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "select '/*traceparent=''" + PARENT + "''*/'",
        "select '/*traceparent=" + PARENT + "*/'",
        "select \"/*traceparent='" + PARENT + "'*/\"",
        "select $x$/*traceparent='" + PARENT + "'*/$x$",
        "select 1 -- /*traceparent='" + PARENT + "'*/",
        "select E'\\'/*traceparent=" + PARENT + "*/'",
        "select 1 /*traceparent='" + PARENT + "'",
        "select 1 /*x='traceparent=" + PARENT + "'*/"
      })
  void whatIsNoCommentGivesNone(String text) {
    assertThat(malformed(text)).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "nonsense",
        ""
      })
  void malformedOneIsIgnoredAndCounted(String parent) {
    assertThat(malformed("select 1 /*traceparent='" + parent + "'*/")).isEqualTo(1);
  }

  @Test
  void tracestateIsDecoded() {
    String text = "select 1 /*traceparent='" + PARENT + "',tracestate='congo%3Dt61,rojo%3D0'*/";
    assertThat(of(text.replace(",rojo", "%2Crojo")).getTracestate()).isEqualTo("congo=t61,rojo=0");
  }

  @Test
  void flagThatSaysNotSampledIsKept() {
    QueryTrace trace = of("select 1 /*traceparent='" + PARENT.replaceAll("01$", "00") + "'*/");
    assertThat(trace.getSampled()).isFalse();
    assertThat(trace.getParentTraceId()).isEqualTo(TRACE);
  }

  @Test
  void statementsOfOneMessageHaveTheirOwn() {
    String one = "select 1 /*traceparent='" + PARENT + "'*/";
    String two = " select 2 /*traceparent='" + OTHER + "'*/";
    int length = one.length();
    script.running(one + ";" + two + "; select 3");
    script.leanRun(1, "", 1, 0, length).exit(1).commandEnd("SELECT", 1);
    script.leanRun(1, "", 1, length + 1, two.length()).exit(1).commandEnd("SELECT", 1).idle();
    assertThat(script.stitch().statements())
        .extracting(QueryTrace::getParentTraceId)
        .containsExactly(TRACE, OTHER.substring(3, 35));
  }

  private void set(String parent, boolean local) {
    script.running("set").statement(0, "", 6, -1, 0);
    if (local) {
      script.setLocal("pgstitch.traceparent", parent);
    } else {
      script.set("pgstitch.traceparent", parent);
    }
    script.exit().commandEnd("SET", 0);
  }

  private List<Boolean> joined() {
    return script.stitch().statements().stream()
        .filter(t -> t.getText().startsWith("select"))
        .map(t -> t.getParentTraceId().equals(TRACE))
        .toList();
  }

  @Test
  void settingHoldsForEachExecutionThatFollows() {
    script.leanSelect("select 1", 1);
    set(PARENT, false);
    script.idle().leanSelect("select 1", 1);
    set(OTHER, false);
    script.idle().leanSelect("select 1", 1);
    set("", false);
    script.idle().leanSelect("select 1", 1);
    assertThat(script.stitch().statements())
        .filteredOn(t -> t.getText().startsWith("select"))
        .extracting(QueryTrace::getParentTraceId)
        .containsExactly("", TRACE, OTHER.substring(3, 35), "");
  }

  @Test
  void settingOfARolledBackTransactionIsTakenBack() {
    script.leanUtility("begin", "BEGIN").idleInTransaction();
    set(PARENT, false);
    script.idleInTransaction().leanSelectRuns("select 1", 1, 1).commandEnd("SELECT", 1);
    script.idleInTransaction().leanUtility("rollback", "ROLLBACK").idle();
    script.leanSelect("select 2", 1);
    assertThat(joined()).containsExactly(true, false);
  }

  @Test
  void localSettingEndsWithItsTransaction() {
    script.leanUtility("begin", "BEGIN").idleInTransaction();
    set(PARENT, true);
    script.idleInTransaction().leanSelectRuns("select 1", 1, 1).commandEnd("SELECT", 1);
    script.idleInTransaction().leanUtility("commit", "COMMIT").idle();
    script.leanSelect("select 2", 1);
    assertThat(joined()).containsExactly(true, false);
  }

  @Test
  void discardAllResetsIt() {
    set(PARENT, false);
    script.idle().leanSelect("select 1", 1);
    script.leanUtility("discard all", "DISCARD ALL").idle().leanSelect("select 2", 1);
    assertThat(joined()).containsExactly(true, false);
  }

  @Test
  void applicationNameMayHoldIt() {
    script.backend().setApplicationName("shop " + PARENT);
    assertThat(script.leanSelect("select 1", 1).stitch().only().getParentTraceId())
        .isEqualTo(TRACE);
  }

  @Test
  void commentComesBeforeTheSettingAndThatBeforeTheName() {
    script.backend().setApplicationName(PARENT.replace("4bf9", "1111"));
    script.leanSelect("select 1", 1);
    set(OTHER, false);
    script.idle().leanSelect("select 2", 1);
    script.leanSelect("select 3 /*traceparent='" + PARENT + "'*/", 1);
    assertThat(script.stitch().statements())
        .filteredOn(t -> t.getText().startsWith("select"))
        .extracting(t -> t.getParentTraceId().substring(0, 4))
        .containsExactly("1111", "5bf9", "4bf9");
  }

  @Test
  void malformedSettingIsCountedAndTheNameCounts() {
    script.backend().setApplicationName(PARENT);
    set("rubbish", false);
    Stitched out = script.idle().leanSelect("select 1", 1).stitch();
    assertThat(out.counters.get(Counter.MALFORMED_TRACEPARENTS)).isEqualTo(1);
    assertThat(out.statements().get(1).getParentTraceId()).isEqualTo(TRACE);
  }

  @Test
  void veryLongCommentIsRead() {
    String text = "select 1 /*x='" + "y\\'".repeat(200_000) + "',traceparent='" + PARENT + "'*/";
    assertThat(of(text).getParentTraceId()).isEqualTo(TRACE);
  }
}
