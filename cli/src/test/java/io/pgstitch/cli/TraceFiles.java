package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.testkit.trace.Trace10046Validator;
import io.pgstitch.testkit.trace.TraceReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Checks every 10046 file of a directory, and adds up what is in them. */
final class TraceFiles {
  private final Map<String, Integer> records = new TreeMap<>();
  private final List<Long> unaccounted = new ArrayList<>();
  private final List<String> texts = new ArrayList<>();

  /**
   * Fails at the first file that breaks a rule of the format or an identity, and when the spans
   * that stand beside the directory tell something else.
   */
  static TraceFiles validate(Path directory) throws IOException {
    return validate(directory, text -> false);
  }

  /** The same where statements of these texts have no spans because their client wants none. */
  static TraceFiles validate(Path directory, Predicate<String> withoutSpans) throws IOException {
    TraceFiles files = new TraceFiles();
    List<Path> traces;
    try (Stream<Path> found = Files.list(directory)) {
      traces = found.filter(f -> f.toString().endsWith(".trc")).sorted().toList();
    }
    assertThat(traces).as("trace files in %s", directory).isNotEmpty();
    for (Path trace : traces) {
      TraceReport report = Trace10046Validator.ofEndedSession().validate(trace);
      assertThat(report.violations().stream().limit(5)).as(trace.toString()).isEmpty();
      report.recordCounts().forEach((kind, n) -> files.records.merge(kind, n, Integer::sum));
      files.unaccounted.addAll(report.unaccountedUs());
      files.texts.add(Files.readString(trace));
    }
    Path spans = directory.resolveSibling("spans.jsonl");
    if (Files.exists(spans)) {
      ExportedViews.compare(spans, traces, withoutSpans);
    }
    return files;
  }

  int count(String kind) {
    return records.getOrDefault(kind, 0);
  }

  Map<String, Integer> records() {
    return records;
  }

  /** Lines that begin so of the longest file: a session that had workers has more than they. */
  List<String> linesOfLongest(String prefix) {
    return texts.stream()
        .max(Comparator.comparingInt(String::length))
        .orElseThrow()
        .lines()
        .filter(l -> l.startsWith(prefix))
        .toList();
  }

  /** Lines of all files that begin so. */
  List<String> lines(String prefix) {
    return texts.stream().flatMap(String::lines).filter(l -> l.startsWith(prefix)).toList();
  }
}
