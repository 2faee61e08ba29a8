package io.pgstitch.exporter.sink.jsonl;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.SerializedString;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

  private static final SerializedString TRACE_ID = new SerializedString("traceId");
  private static final SerializedString SPAN_ID = new SerializedString("spanId");
  private static final SerializedString PARENT_SPAN_ID = new SerializedString("parentSpanId");
  private static final SerializedString NAME = new SerializedString("name");
  private static final SerializedString KIND = new SerializedString("kind");
  private static final SerializedString START = new SerializedString("startTimeUnixNano");
  private static final SerializedString END = new SerializedString("endTimeUnixNano");
  private static final SerializedString STATUS = new SerializedString("status");
  private static final SerializedString FLAGS_NAME = new SerializedString("flags");
  private static final SerializedString ATTRIBUTES = new SerializedString("attributes");
  private static final SerializedString KEY = new SerializedString("key");
  private static final SerializedString VALUE = new SerializedString("value");
  private static final SerializedString STRING_VALUE = new SerializedString("stringValue");
  private static final SerializedString INT_VALUE = new SerializedString("intValue");
  private static final SerializedString DOUBLE_VALUE = new SerializedString("doubleValue");
  private static final SerializedString BOOL_VALUE = new SerializedString("boolValue");

  /** Ours are some hundreds; a record of others may bring any. */
  private static final int MOST_NAMES = 2_000;

  private final JsonFactory json = new JsonFactory();

  /** Names of attributes as they stand in JSON: encoded once. */
  private final Map<String, SerializedString> names = new HashMap<>();

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

  private void span(JsonGenerator out, SpanData span) throws IOException {
    out.writeStartObject();
    text(out, TRACE_ID, span.getTraceId());
    text(out, SPAN_ID, span.getSpanId());
    if (span.getParentSpanContext().isValid()) {
      text(out, PARENT_SPAN_ID, span.getParentSpanId());
    }
    state(out, span.getSpanContext().getTraceState());
    text(out, NAME, span.getName());
    number(out, KIND, span.getKind().ordinal() + 1); // 0 is UNSPECIFIED
    text(out, START, Long.toString(span.getStartEpochNanos()));
    text(out, END, Long.toString(span.getEndEpochNanos()));
    attributes(out, span.getAttributes());
    links(out, span.getLinks());
    out.writeFieldName(STATUS);
    out.writeStartObject();
    if (span.getStatus().getStatusCode() == StatusCode.ERROR) {
      out.writeStringField("message", span.getStatus().getDescription());
      out.writeNumberField("code", STATUS_ERROR);
    }
    out.writeEndObject();
    boolean remote = span.getParentSpanContext().isRemote();
    number(out, FLAGS_NAME, remote ? FLAGS | IS_REMOTE : FLAGS);
    out.writeEndObject();
  }

  private void links(JsonGenerator out, List<LinkData> links) throws IOException {
    if (links.isEmpty()) {
      return;
    }
    out.writeArrayFieldStart("links");
    for (LinkData link : links) {
      out.writeStartObject();
      text(out, TRACE_ID, link.getSpanContext().getTraceId());
      text(out, SPAN_ID, link.getSpanContext().getSpanId());
      attributes(out, link.getAttributes());
      number(out, FLAGS_NAME, FLAGS | IS_REMOTE);
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

  private void attributes(JsonGenerator out, Attributes attributes) throws IOException {
    out.writeFieldName(ATTRIBUTES);
    out.writeStartArray();
    attributes.forEach((key, value) -> attribute(out, key, value));
    out.writeEndArray();
  }

  private void attribute(JsonGenerator out, AttributeKey<?> key, Object value) {
    try {
      out.writeStartObject();
      out.writeFieldName(KEY);
      out.writeString(encoded(key.getKey()));
      out.writeFieldName(VALUE);
      out.writeStartObject();
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
      case STRING -> text(out, STRING_VALUE, value.toString());
      case LONG -> text(out, INT_VALUE, value.toString());
      case DOUBLE -> {
        out.writeFieldName(DOUBLE_VALUE);
        out.writeNumber((Double) value);
      }
      case BOOLEAN -> {
        out.writeFieldName(BOOL_VALUE);
        out.writeBoolean((Boolean) value);
      }
      default -> throw new IllegalArgumentException("spans of ours have no attribute of " + type);
    }
  }

  private static void text(JsonGenerator out, SerializedString name, String value)
      throws IOException {
    out.writeFieldName(name);
    out.writeString(value);
  }

  private static void number(JsonGenerator out, SerializedString name, int value)
      throws IOException {
    out.writeFieldName(name);
    out.writeNumber(value);
  }

  private SerializedString encoded(String name) {
    SerializedString known = names.get(name);
    if (known == null) {
      known = new SerializedString(name);
      if (names.size() < MOST_NAMES) {
        names.put(name, known);
      }
    }
    return known;
  }
}
