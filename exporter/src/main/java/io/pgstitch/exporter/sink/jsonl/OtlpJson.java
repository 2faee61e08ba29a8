package io.pgstitch.exporter.sink.jsonl;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.AttributeType;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.StringJoiner;

/**
 * OTLP's JSON encoding: ids in hex, names in camel case, 64-bit integers as strings, enums as
 * numbers.
 */
final class OtlpJson {

  private static final int STATUS_ERROR = 2;

  /** Sampled, and it is known whether the parent is remote. */
  private static final int FLAGS = 0x101;

  private static final int IS_REMOTE = 0x200;

  private final JsonFactory json = new JsonFactory();

  /** Adds one ExportTraceServiceRequest on one line; the spans share resource and scope. */
  void line(List<SpanData> spans, ByteArrayOutputStream to) {
    try (JsonGenerator out = json.createGenerator(to)) {
      SpanData first = spans.get(0);
      out.writeStartObject();
      out.writeArrayFieldStart("resourceSpans");
      out.writeStartObject();
      out.writeObjectFieldStart("resource");
      attributes(out, first.getResource().getAttributes());
      out.writeEndObject();
      out.writeArrayFieldStart("scopeSpans");
      out.writeStartObject();
      scope(out, first.getInstrumentationScopeInfo());
      out.writeArrayFieldStart("spans");
      for (SpanData span : spans) {
        span(out, span);
      }
      out.writeEndArray();
      out.writeEndObject();
      out.writeEndArray();
      out.writeEndObject();
      out.writeEndArray();
      out.writeEndObject();
      out.writeRaw('\n');
    } catch (IOException e) {
      throw new UncheckedIOException("memory refused a write", e);
    }
  }

  private static void scope(JsonGenerator out, InstrumentationScopeInfo scope) throws IOException {
    out.writeObjectFieldStart("scope");
    out.writeStringField("name", scope.getName());
    out.writeEndObject();
  }

  private static void span(JsonGenerator out, SpanData span) throws IOException {
    out.writeStartObject();
    out.writeStringField("traceId", span.getTraceId());
    out.writeStringField("spanId", span.getSpanId());
    if (span.getParentSpanContext().isValid()) {
      out.writeStringField("parentSpanId", span.getParentSpanId());
    }
    state(out, span.getSpanContext().getTraceState());
    out.writeStringField("name", span.getName());
    out.writeNumberField("kind", span.getKind().ordinal() + 1); // 0 is UNSPECIFIED
    out.writeStringField("startTimeUnixNano", Long.toString(span.getStartEpochNanos()));
    out.writeStringField("endTimeUnixNano", Long.toString(span.getEndEpochNanos()));
    attributes(out, span.getAttributes());
    links(out, span.getLinks());
    out.writeObjectFieldStart("status");
    if (span.getStatus().getStatusCode() == StatusCode.ERROR) {
      out.writeStringField("message", span.getStatus().getDescription());
      out.writeNumberField("code", STATUS_ERROR);
    }
    out.writeEndObject();
    boolean remote = span.getParentSpanContext().isRemote();
    out.writeNumberField("flags", remote ? FLAGS | IS_REMOTE : FLAGS);
    out.writeEndObject();
  }

  private static void links(JsonGenerator out, List<LinkData> links) throws IOException {
    if (links.isEmpty()) {
      return;
    }
    out.writeArrayFieldStart("links");
    for (LinkData link : links) {
      out.writeStartObject();
      out.writeStringField("traceId", link.getSpanContext().getTraceId());
      out.writeStringField("spanId", link.getSpanContext().getSpanId());
      attributes(out, link.getAttributes());
      out.writeNumberField("flags", FLAGS | IS_REMOTE);
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void state(JsonGenerator out, TraceState state) throws IOException {
    if (state.isEmpty()) {
      return;
    }
    StringJoiner members = new StringJoiner(",");
    state.forEach((key, value) -> members.add(key + "=" + value));
    out.writeStringField("traceState", members.toString());
  }

  private static void attributes(JsonGenerator out, Attributes attributes) throws IOException {
    out.writeArrayFieldStart("attributes");
    attributes.forEach((key, value) -> attribute(out, key, value));
    out.writeEndArray();
  }

  private static void attribute(JsonGenerator out, AttributeKey<?> key, Object value) {
    try {
      out.writeStartObject();
      out.writeStringField("key", key.getKey());
      out.writeObjectFieldStart("value");
      value(out, key.getType(), value);
      out.writeEndObject();
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("memory refused a write", e);
    }
  }

  private static void value(JsonGenerator out, AttributeType type, Object value)
      throws IOException {
    switch (type) {
      case STRING -> out.writeStringField("stringValue", value.toString());
      case LONG -> out.writeStringField("intValue", value.toString());
      case DOUBLE -> out.writeNumberField("doubleValue", (Double) value);
      case BOOLEAN -> out.writeBooleanField("boolValue", (Boolean) value);
      default -> throw new IllegalArgumentException("spans of ours have no attribute of " + type);
    }
  }
}
