package io.pgstitch.exporter.span;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.pgstitch.exporter.Traces;
import io.pgstitch.schema.QueryTrace;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How spans join the application's trace. */
class TraceSpansTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SPAN = "00f067aa0ba902b7";
  private static final AttributeKey<String> OWN_TRACE = AttributeKey.stringKey("pgstitch.trace_id");

  private static QueryTrace joined() {
    QueryTrace trace = Traces.trace(1, 2, null);
    trace.setParentTraceId(TRACE);
    trace.setParentSpanId(SPAN);
    trace.setTracestate("rojo=1, congo=t61,broken");
    return trace;
  }

  private static List<SpanData> spans(QueryTrace trace) {
    return new TraceSpans("postgresql").of(trace);
  }

  @Test
  void spansCarryTheApplicationsTraceAndTheRootIsItsSpansChild() {
    List<SpanData> spans = spans(joined());
    assertThat(spans).hasSize(3).allMatch(span -> span.getTraceId().equals(TRACE));
    SpanData root = spans.get(2);
    assertThat(root.getParentSpanId()).isEqualTo(SPAN);
    assertThat(root.getParentSpanContext().isRemote()).isTrue();
    assertThat(root.getAttributes().get(OWN_TRACE)).isEqualTo("%032x".formatted(2));
    assertThat(spans.get(0).getParentSpanId()).isEqualTo(root.getSpanId());
    assertThat(spans.get(0).getParentSpanContext().isRemote()).isFalse();
  }

  @Test
  void tracestateGoesOnInItsOrderWithoutWhatIsBroken() {
    SpanData root = spans(joined()).get(2);
    assertThat(root.getSpanContext().getTraceState().asMap())
        .containsExactly(java.util.Map.entry("rojo", "1"), java.util.Map.entry("congo", "t61"));
  }

  @Test
  void withoutAContextTheTraceIsItsOwn() {
    SpanData root = spans(Traces.trace(1, 0, null)).get(0);
    assertThat(root.getTraceId()).isEqualTo("%032x".formatted(2));
    assertThat(root.getParentSpanContext().isValid()).isFalse();
  }

  @Test
  void whatTheApplicationDoesNotRecordHasNoSpans() {
    QueryTrace trace = joined();
    trace.setSampled(false);
    assertThat(spans(trace)).isEmpty();
  }

  @Test
  void aWaitForALockIsLinkedToTheSpanThatHeldItWhereThatIsExported() {
    SpanData wait = spans(Traces.lockWait(TRACE, false)).get(0);
    assertThat(wait.getTotalRecordedLinks()).isEqualTo(1);
    LinkData link = wait.getLinks().get(0);
    assertThat(link.getSpanContext().getTraceId()).isEqualTo(TRACE);
    assertThat(link.getSpanContext().getSpanId()).isEqualTo("%016x".formatted(78));
    assertThat(link.getAttributes().asMap())
        .containsEntry(AttributeKey.stringKey("pgstitch.link"), "lock_holder")
        .containsEntry(AttributeKey.longKey("pgstitch.lock.holder.pid"), 4712L)
        .containsEntry(
            AttributeKey.stringKey("pgstitch.lock.holder.trace_id"), "%032x".formatted(77))
        .containsEntry(AttributeKey.booleanKey("pgstitch.link.confirmed"), false)
        .containsEntry(AttributeKey.booleanKey("pgstitch.link.maybe_left_out"), true);
    assertThat(wait.getAttributes().get(AttributeKey.stringKey("pgstitch.lock.holder_traces")))
        .isEqualTo("one; two");
    assertThat(spans(Traces.lockWait("", false)).get(0).getLinks()).isEmpty();
  }
}
