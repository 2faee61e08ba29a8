package io.pgstitch.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Reads {@code spans.jsonl}: one OTLP export request in its JSON form a line. */
final class SpanFile {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;

  SpanFile(Path file) {
    this.file = file;
  }

  /** Hands every span to {@code consumer}, in the order of the file. */
  void forEach(Consumer<ExportedSpan> consumer) throws IOException {
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        for (JsonNode resource : JSON.readTree(line).path("resourceSpans")) {
          for (JsonNode scope : resource.path("scopeSpans")) {
            scope.path("spans").forEach(span -> consumer.accept(span(span)));
          }
        }
      }
    }
  }

  /** All spans of the last trace whose root is this statement; empty when there is none. */
  List<ExportedSpan> traceOf(String statement) throws IOException {
    Map<String, List<ExportedSpan>> byTrace = new HashMap<>();
    List<String> found = new ArrayList<>();
    forEach(
        span -> {
          byTrace.computeIfAbsent(span.traceId(), id -> new ArrayList<>()).add(span);
          if (span.parentSpanId().isEmpty() && span.statement().equals(statement)) {
            found.add(span.traceId());
          }
        });
    return found.isEmpty() ? List.of() : byTrace.get(found.get(found.size() - 1));
  }

  private static ExportedSpan span(JsonNode span) {
    Map<String, String> attributes = new HashMap<>();
    for (JsonNode attribute : span.path("attributes")) {
      // OTLP wraps a value in an object with one field that names its type.
      JsonNode value = attribute.path("value");
      attributes.put(
          attribute.path("key").asText(), value.isEmpty() ? "" : value.elements().next().asText());
    }
    return new ExportedSpan(
        span.path("traceId").asText(),
        span.path("spanId").asText(),
        span.path("parentSpanId").asText(""),
        span.path("name").asText(),
        span.path("startTimeUnixNano").asLong(),
        span.path("endTimeUnixNano").asLong(),
        attributes);
  }
}
