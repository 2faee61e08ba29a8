package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.testkit.trace.BlockCounts;
import io.pgstitch.testkit.trace.RecordStatements;
import io.pgstitch.testkit.trace.SpanStatements;
import io.pgstitch.testkit.trace.SpanStatements.ViewedSpan;
import io.pgstitch.testkit.trace.TwoViews;
import io.pgstitch.testkit.trace.WalCounts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Compares exported spans with exported trace files, statement by statement. */
final class ExportedViews {
  /** Of a file larger than this, every so many-th trace is compared. */
  private static final long COMPARE_ALL_BELOW_BYTES = 100L << 20;

  private static final int COMPARED_SHARE = 16;
  private static final Pattern BIND = Pattern.compile("pgstitch\\.bind\\.(\\d+)\\.type_oid");

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
        blocks(span),
        new WalCounts(
            number(span, "pgstitch.wal.records", 0),
            number(span, "pgstitch.wal.fpi", 0),
            number(span, "pgstitch.wal.bytes", 0)),
        span.attributes().containsKey("pgstitch.begun_before"),
        span.attributes().containsKey("pgstitch.text_truncated"),
        file(span),
        bindTypes(span),
        span.attributes().getOrDefault("pgstitch.lock.holder_traces", ""));
  }

  private static BlockCounts blocks(ExportedSpan span) {
    Map<String, Long> counts = new HashMap<>();
    BlockCounts.KINDS.forEach(
        kind -> counts.put(kind, number(span, "pgstitch.buffers." + kind, 0)));
    return new BlockCounts(counts);
  }

  /** As the trace file's FILE line has it. */
  private static String file(ExportedSpan span) {
    Map<String, String> a = span.attributes();
    if (!span.kind().equals("WAIT") || "Client".equals(a.get("pgstitch.wait.class"))) {
      return "";
    }
    if (a.containsKey("pgstitch.io.relfilenode")) {
      return ("fork=" + a.get("pgstitch.io.fork"))
          + (" tablespace=" + number(span, "pgstitch.io.tablespace_oid", 0))
          + (" database=" + number(span, "pgstitch.io.database_oid", 0))
          + (" oid=" + number(span, "pgstitch.io.relation_oid", 0))
          + (" relation=" + a.getOrDefault("pgstitch.io.relation", ""));
    }
    return number(span, "pgstitch.io.fd", -1) < 0
        ? ""
        : "path=" + a.getOrDefault("pgstitch.io.file", "");
  }

  /** As the trace file's BIND TYPES line has them. */
  private static List<String> bindTypes(ExportedSpan span) {
    List<String> types = new ArrayList<>();
    Map<String, String> a = span.attributes();
    a.keySet().stream()
        .map(BIND::matcher)
        .filter(Matcher::matches)
        .map(m -> Integer.valueOf(m.group(1)))
        .sorted()
        .forEach(
            key -> {
              String bind = "pgstitch.bind." + key + ".";
              String oid = a.get(bind + "type_oid");
              String name = a.get(bind + "type");
              types.add(
                  (key + "=" + oid)
                      + (name.equals(oid) ? "" : ":" + name)
                      + (a.containsKey(bind + "null") ? ",null" : "")
                      + (a.containsKey(bind + "cut") ? ",cut" : ""));
            });
    return types;
  }

  private static long number(ExportedSpan span, String attribute, long otherwise) {
    String value = span.attributes().get(attribute);
    return value == null ? otherwise : Long.parseLong(value);
  }
}
