package io.pgstitch.exporter.span;

import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import java.util.List;

/**
 * Turns a traced query into OpenTelemetry's spans, ids and times kept. The root is of kind SERVER,
 * all others INTERNAL; a span that ended by an error has status ERROR with the SQLSTATE.
 *
 * <p>For one thread at a time.
 */
public final class TraceSpans {

  private static final InstrumentationScopeInfo SCOPE =
      InstrumentationScopeInfo.create("io.pgstitch");

  private final ServerResources resources;

  /** Spans of a service of this name. */
  public TraceSpans(String serviceName) {
    this.resources = new ServerResources(serviceName);
  }

  /** The spans of the trace, in its order. */
  public List<SpanData> of(QueryTrace trace) {
    return trace.getSpans().stream().map(span -> span(trace, span)).toList();
  }

  private SpanData span(QueryTrace trace, Span span) {
    boolean root = SpanAttributes.isRoot(span);
    return new TraceSpan(
        context(trace.getTraceId(), span.getSpanId()),
        root ? SpanContext.getInvalid() : context(trace.getTraceId(), span.getParentSpanId()),
        span.getName().isEmpty() ? span.getKind().name() : span.getName(),
        root ? SpanKind.SERVER : SpanKind.INTERNAL,
        span.getStartUtcNs(),
        span.getEndUtcNs(),
        span.getSqlstate() == null
            ? StatusData.unset()
            : StatusData.create(StatusCode.ERROR, description(span)),
        SpanAttributes.of(trace, span),
        resources.of(trace.getBackend()),
        SCOPE);
  }

  /** What went wrong, in the server's words where they are known. */
  private static String description(Span span) {
    String message = span.getErrorMessage();
    return message.isEmpty() ? span.getSqlstate() : message;
  }

  private static SpanContext context(String traceId, String spanId) {
    return SpanContext.create(traceId, spanId, TraceFlags.getSampled(), TraceState.getDefault());
  }
}
