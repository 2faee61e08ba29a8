package io.pgstitch.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** What a spans.jsonl holds, checked while it is read. */
final class ExportedTraces {
  /** Of a file larger than this, every so many-th trace is kept with all its spans. */
  private static final long KEEP_ALL_BELOW_BYTES = 100L << 20;

  private static final int KEPT_SHARE = 16;

  /** What is kept of the roots of such a file. */
  private static final List<String> COUNTED_BY =
      List.of(
          "pgstitch.executed",
          "pgstitch.application_name",
          "pgstitch.complete",
          "pgstitch.lost_events",
          "pgstitch.backend.kind",
          "db.operation.name");

  private static final String NO_SPAN = "0";

  private final List<ExportedSpan> roots = new ArrayList<>();
  private final SeenIds rootIds = new SeenIds();
  private final SeenIds spanIds = new SeenIds();
  private final Map<String, List<ExportedSpan>> kept = new HashMap<>();
  private final boolean keepsAll;

  private ExportedTraces(boolean keepsAll) {
    this.keepsAll = keepsAll;
  }

  static ExportedTraces read(Path file) throws IOException {
    ExportedTraces traces = new ExportedTraces(Files.size(file) < KEEP_ALL_BELOW_BYTES);
    new SpanFile(file).forEach(traces::add);
    return traces;
  }

  private void add(ExportedSpan span) {
    spanIds.add(span.traceId(), span.spanId());
    if (span.parentSpanId().isEmpty()) {
      rootIds.add(span.traceId(), NO_SPAN);
      roots.add(keepsAll ? span : inShort(span));
    }
    if (keepsAll || span.traceId().hashCode() % KEPT_SHARE == 0) {
      kept.computeIfAbsent(span.traceId(), t -> new ArrayList<>()).add(span);
    }
  }

  private static ExportedSpan inShort(ExportedSpan root) {
    Map<String, String> attributes = new HashMap<>();
    for (String key : COUNTED_BY) {
      String value = root.attributes().get(key);
      if (value != null) {
        attributes.put(key, value.intern());
      }
    }
    return new ExportedSpan(
        root.traceId(),
        root.spanId(),
        root.parentSpanId(),
        root.name(),
        root.startNanos(),
        root.endNanos(),
        Map.copyOf(attributes));
  }

  /** Root spans whose statement was executed, of an application. */
  long executed(String application) {
    return count(
        r ->
            is(r, "pgstitch.executed")
                && application.equals(r.attributes().get("pgstitch.application_name")));
  }

  /** The root spans of an application's statements that were executed. */
  List<ExportedSpan> executedRoots(String application) {
    return roots.stream()
        .filter(
            r ->
                is(r, "pgstitch.executed")
                    && application.equals(r.attributes().get("pgstitch.application_name")))
        .toList();
  }

  /** All root spans. */
  List<ExportedSpan> roots() {
    return roots;
  }

  /** All spans of a root's trace. */
  List<ExportedSpan> traceOf(ExportedSpan root) {
    return kept.get(root.traceId());
  }

  /** The same by command: BEGIN, UPDATE ... */
  Map<String, Long> executedByCommand(String application) {
    Map<String, Long> counts = new TreeMap<>();
    for (ExportedSpan r : roots) {
      if (is(r, "pgstitch.executed")
          && application.equals(r.attributes().get("pgstitch.application_name"))) {
        counts.merge(r.attributes().get("db.operation.name"), 1L, Long::sum);
      }
    }
    return counts;
  }

  long count(Predicate<ExportedSpan> wanted) {
    return roots.stream().filter(wanted).count();
  }

  /** Root spans that are not complete, or that lost events. */
  List<ExportedSpan> incomplete() {
    return roots.stream()
        .filter(
            r -> !is(r, "pgstitch.complete") || r.attributes().containsKey("pgstitch.lost_events"))
        .toList();
  }

  /** Ids that stand more than once. */
  List<String> doubled() {
    return Stream.concat(rootIds.doubled().stream(), spanIds.doubled().stream()).toList();
  }

  /** All spans of the trace whose root has this text; there must be one such trace. */
  List<ExportedSpan> trace(String statement) {
    List<ExportedSpan> found = roots.stream().filter(r -> r.statement().equals(statement)).toList();
    if (found.size() != 1) {
      throw new AssertionError(found.size() + " traces of " + statement);
    }
    return kept.get(found.get(0).traceId());
  }

  /** All spans of the trace of a client's backend whose root has this text; workers have others. */
  List<ExportedSpan> traceOfClient(String statement) {
    List<ExportedSpan> found =
        roots.stream()
            .filter(r -> r.statement().equals(statement))
            .filter(r -> "CLIENT".equals(r.attributes().get("pgstitch.backend.kind")))
            .toList();
    if (found.size() != 1) {
      throw new AssertionError(found.size() + " traces of " + statement);
    }
    return kept.get(found.get(0).traceId());
  }

  /** Spans that do not lie inside their parent, or whose parent is missing. */
  List<String> notNested() {
    List<String> wrong = new ArrayList<>();
    kept.forEach(
        (id, trace) -> {
          Map<String, ExportedSpan> byId = new HashMap<>();
          trace.forEach(s -> byId.put(s.spanId(), s));
          for (ExportedSpan s : trace) {
            ExportedSpan parent = byId.get(s.parentSpanId());
            if (s.parentSpanId().isEmpty()) {
              continue;
            }
            if (parent == null
                || s.startNanos() < parent.startNanos()
                || s.endNanos() > parent.endNanos()
                || s.startNanos() > s.endNanos()) {
              wrong.add(s + " in " + parent);
            }
          }
        });
    return wrong;
  }

  private static boolean is(ExportedSpan span, String attribute) {
    return "true".equals(span.attributes().get(attribute));
  }
}
