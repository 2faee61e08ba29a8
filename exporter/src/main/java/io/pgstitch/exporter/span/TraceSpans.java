package io.pgstitch.exporter.span;

import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns a traced query into OpenTelemetry's spans, ids and times kept. The root is of kind SERVER,
 * all others INTERNAL; a span that ended by an error has status ERROR with the SQLSTATE.
 *
 * <p>Where the application sent a trace context, the spans join its trace and the root is a child
 * of its span; the trace's own id is then the attribute {@code pgstitch.trace_id} alone. What the
 * application does not record has no spans.
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
    if (!trace.getSampled()) {
      return List.of();
    }
    Resource server = resources.of(trace.getBackend());
    List<SpanData> spans = new ArrayList<>(trace.getSpans().size());
    for (Span span : trace.getSpans()) {
      spans.add(span(trace, span, server));
    }
    return spans;
  }

  private static SpanData span(QueryTrace trace, Span span, Resource server) {
    boolean root = SpanAttributes.isRoot(span);
    return new TraceSpan(
        SpanContext.create(
            traceId(trace), span.getSpanId(), TraceFlags.getSampled(), TraceStates.of(trace)),
        parent(trace, span),
        span.getName().isEmpty() ? span.getKind().name() : span.getName(),
        root ? SpanKind.SERVER : SpanKind.INTERNAL,
        span.getStartUtcNs(),
        span.getEndUtcNs(),
        span.getSqlstate() == null
            ? StatusData.unset()
            : StatusData.create(StatusCode.ERROR, description(span)),
        SpanAttributes.of(trace, span),
        server,
        SCOPE,
        SpanLinks.of(span));
  }

  private static String traceId(QueryTrace trace) {
    return hasParent(trace) ? trace.getParentTraceId() : trace.getTraceId();
  }

  private static boolean hasParent(QueryTrace trace) {
    return !trace.getParentTraceId().isEmpty();
  }

  private static SpanContext parent(QueryTrace trace, Span span) {
    if (!SpanAttributes.isRoot(span)) {
      return SpanContext.create(
          traceId(trace), span.getParentSpanId(), TraceFlags.getSampled(), TraceStates.of(trace));
    }
    return hasParent(trace)
        ? SpanContext.createFromRemoteParent(
            trace.getParentTraceId(),
            trace.getParentSpanId(),
            TraceFlags.getSampled(),
            TraceStates.of(trace))
        : SpanContext.getInvalid();
  }

  /** What went wrong, in the server's words where they are known. */
  private static String description(Span span) {
    String message = span.getErrorMessage();
    return message.isEmpty() ? span.getSqlstate() : message;
  }
}
