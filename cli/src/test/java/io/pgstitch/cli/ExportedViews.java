package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.testkit.trace.RecordStatements;
import io.pgstitch.testkit.trace.SpanStatements;
import io.pgstitch.testkit.trace.SpanStatements.ViewedSpan;
import io.pgstitch.testkit.trace.TwoViews;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Compares exported spans with exported trace files, statement by statement. */
final class ExportedViews {
  /** Of a file larger than this, every so many-th trace is compared. */
  private static final long COMPARE_ALL_BELOW_BYTES = 100L << 20;

  private static final int COMPARED_SHARE = 16;

  private ExportedViews() {}

  /**
   * Fails when the two disagree.
   *
   * @param withoutSpans texts of statements that the application asked not to record
   */
  static void compare(Path spanFile, List<Path> traceFiles, Predicate<String> withoutSpans)
      throws IOException {
    boolean all = Files.size(spanFile) < COMPARE_ALL_BELOW_BYTES;
    SpanStatements spans = new SpanStatements();
    new SpanFile(spanFile)
        .forEach(
            span -> {
              if (all || span.traceId().hashCode() % COMPARED_SHARE == 0) {
                spans.add(viewed(span));
              }
            });
    List<RecordStatements> sessions = new ArrayList<>();
    for (Path file : traceFiles) {
      if (!isOfWorker(file)) {
        sessions.add(RecordStatements.of(file));
      }
    }
    List<String> differences =
        all
            ? TwoViews.differences(spans, sessions, withoutSpans)
            : TwoViews.missing(spans, sessions);
    assertThat(differences.stream().limit(5)).as("%s and its trace files", spanFile).isEmpty();
  }

  /** A parallel worker's spans are on its leader's clock, its records on its own. */
  private static boolean isOfWorker(Path file) throws IOException {
    try (Stream<String> lines = Files.lines(file, StandardCharsets.ISO_8859_1)) {
      return lines.anyMatch(line -> line.startsWith("*** PARALLEL WORKER OF"));
    }
  }

  private static ViewedSpan viewed(ExportedSpan span) {
    long reads =
        number(span, "pgstitch.buffers.shared_read", 0)
            + number(span, "pgstitch.buffers.local_read", 0)
            + number(span, "pgstitch.buffers.temp_read", 0);
    return new ViewedSpan(
        span.traceId(),
        span.spanId(),
        span.parentSpanId(),
        span.kind(),
        span.name(),
        number(span, "pgstitch.depth", 0),
        span.startNanos(),
        span.endNanos(),
        span.attributes().getOrDefault("db.query.text", ""),
        span.attributes().getOrDefault("db.response.status_code", ""),
        number(span, "pgstitch.cpu_us", 0),
        number(span, "pgstitch.rows", -1),
        reads,
        number(span, "pgstitch.buffers.shared_hit", 0)
            + number(span, "pgstitch.buffers.local_hit", 0)
            + reads,
        number(span, "pgstitch.buffers.shared_dirtied", 0)
            + number(span, "pgstitch.buffers.local_dirtied", 0),
        span.attributes().getOrDefault("pgstitch.lock.holder_traces", ""));
  }

  private static long number(ExportedSpan span, String attribute, long otherwise) {
    String value = span.attributes().get(attribute);
    return value == null ? otherwise : Long.parseLong(value);
  }
}
