package io.pgstitch.cli;

import java.util.Map;

/**
 * One span as it was exported.
 *
 * @param traceId 32 hex digits
 * @param spanId 16 hex digits
 * @param parentSpanId 16 hex digits, empty for a root
 * @param name the span's name
 * @param startNanos start, UTC nanoseconds since 1970
 * @param endNanos end, UTC nanoseconds since 1970
 * @param attributes its attributes, values as text
 */
record ExportedSpan(
    String traceId,
    String spanId,
    String parentSpanId,
    String name,
    long startNanos,
    long endNanos,
    Map<String, String> attributes) {

  long durationNanos() {
    return endNanos - startNanos;
  }

  /** The statement's text; empty for spans that are no statement. */
  String statement() {
    return attributes.getOrDefault("db.query.text", "").strip();
  }

  boolean isRoot() {
    return parentSpanId.isEmpty();
  }

  /** STATEMENT, PARSE, EXEC, FETCH, CLOSE, FUNCTION or WAIT. */
  String kind() {
    return attributes.getOrDefault("pgstitch.kind", "");
  }

  boolean isWait() {
    return attributes.containsKey("pgstitch.wait.class");
  }

  /** What a tree says about it: the statement, the wait with its class, or the name. */
  String label() {
    if (isWait()) {
      return "wait " + name + " (" + attributes.get("pgstitch.wait.class") + ")";
    }
    return statement().isEmpty() ? name : statement().replaceAll("\\s+", " ");
  }
}
