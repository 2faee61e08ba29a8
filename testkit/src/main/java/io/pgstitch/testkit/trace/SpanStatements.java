package io.pgstitch.testkit.trace;

import io.pgstitch.testkit.trace.StatementView.CallFigures;
import io.pgstitch.testkit.trace.StatementView.FunctionFigures;
import io.pgstitch.testkit.trace.StatementView.WaitFigures;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Statements as the spans of traces tell them. Spans may come in any order. */
public final class SpanStatements {
  /** What delimits the calls of the 10046 trace: these have no lines of their own. */
  private static final Set<String> IN_CALLS =
      Set.of(
          "PortalStart",
          "PortalRun",
          "standard_ExecutorStart",
          "standard_ExecutorRun",
          "standard_ExecutorFinish",
          "standard_ExecutorEnd",
          "standard_ProcessUtility");

  private final Map<String, List<ViewedSpan>> traces = new HashMap<>();

  /**
   * A span, whatever form it was read from.
   *
   * @param parent empty for none
   * @param kind STATEMENT, PARSE, EXEC, FETCH, CLOSE, FUNCTION, WAIT, PLAN_NODE
   * @param text statement, empty for others
   * @param sqlstate error, empty for none
   * @param cpuUs microseconds of CPU, rounded down
   * @param rows -1 unknown
   * @param file what a wait's FILE line has to say of its file; empty for none
   * @param bindTypes {@code K=OID:NAME}, with {@code ,null} and {@code ,cut}, of a statement's
   *     binds
   * @param lockHolders of a wait for a lock what is told of those who held it, apart by "; "
   */
  public record ViewedSpan(
      String traceId,
      String id,
      String parent,
      String kind,
      String name,
      long depth,
      long startNs,
      long endNs,
      String text,
      String sqlstate,
      long cpuUs,
      long rows,
      BlockCounts blocks,
      WalCounts wal,
      boolean begunBefore,
      boolean textCut,
      String file,
      List<String> bindTypes,
      String lockHolders) {

    private long endUs() {
      return Math.floorDiv(endNs, 1000L);
    }

    private long elapsedUs() {
      return endUs() - Math.floorDiv(startNs, 1000L);
    }
  }

  /** Adds one. */
  public void add(ViewedSpan span) {
    traces.computeIfAbsent(span.traceId(), id -> new ArrayList<>()).add(span);
  }

  /** The statements of all traces. */
  public List<StatementView> statements() {
    List<StatementView> statements = new ArrayList<>();
    traces.values().forEach(spans -> read(spans, statements));
    return statements;
  }

  private static void read(List<ViewedSpan> spans, List<StatementView> into) {
    Map<String, ViewedSpan> byId = new HashMap<>();
    Map<String, StatementView> views = new HashMap<>();
    spans.forEach(span -> byId.put(span.id(), span));
    for (ViewedSpan span : spans) {
      if (span.kind().equals("STATEMENT") && !isOfWorker(span, byId)) {
        byte[] utf8 = span.text().getBytes(StandardCharsets.UTF_8);
        StatementView view =
            new StatementView(
                span.depth(),
                Math.floorDiv(span.startNs(), 1000L),
                new String(utf8, StandardCharsets.ISO_8859_1));
        view.endUs = span.endUs();
        view.error = pack(span.sqlstate());
        view.begunBefore = span.begunBefore();
        view.textCut = span.textCut();
        view.bindTypes.addAll(span.bindTypes());
        views.put(span.id(), view);
        into.add(view);
      }
    }
    List<ViewedSpan> ordered = new ArrayList<>(spans);
    ordered.sort(
        Comparator.comparingLong(ViewedSpan::endNs).thenComparingLong(ViewedSpan::startNs));
    for (ViewedSpan span : ordered) {
      StatementView view = views.get(statementOf(span, byId));
      if (view != null) {
        add(span, view, byId);
      }
    }
  }

  private static void add(ViewedSpan span, StatementView view, Map<String, ViewedSpan> byId) {
    switch (span.kind()) {
      case "PARSE", "EXEC", "FETCH" ->
          view.calls.add(
              new CallFigures(
                  span.kind(),
                  span.endUs(),
                  span.elapsedUs(),
                  span.cpuUs(),
                  span.blocks(),
                  span.wal(),
                  Math.max(0, span.rows())));
      case "CLOSE" -> {
        view.closeElapsedUs += span.elapsedUs();
        view.closeCpuUs += span.cpuUs();
        view.closeWindows++;
        view.closeBlocks = view.closeBlocks.plus(span.blocks());
        view.closeWal = view.closeWal.plus(span.wal());
      }
      case "WAIT" -> {
        boolean between = byId.get(span.parent()).kind().equals("STATEMENT");
        (between ? view.between : view.waits)
            .add(
                new WaitFigures(
                    span.name(),
                    span.endUs(),
                    span.elapsedUs(),
                    span.file(),
                    span.begunBefore(),
                    span.lockHolders()));
      }
      case "FUNCTION" -> {
        if (!IN_CALLS.contains(span.name())) {
          view.functions.add(
              new FunctionFigures(span.name(), span.endUs(), span.elapsedUs(), span.cpuUs()));
        }
      }
      case "PLAN_NODE" -> view.planRows.add(span.rows());
      default -> {}
    }
  }

  /** A worker's spans are on its leader's clock, its records on its own. */
  private static boolean isOfWorker(ViewedSpan span, Map<String, ViewedSpan> byId) {
    ViewedSpan around = span;
    while (around != null && !around.kind().equals("WORKER")) {
      around = byId.get(around.parent());
    }
    return around != null;
  }

  /** The nearest statement around a span that is none; empty for a statement. */
  private static String statementOf(ViewedSpan span, Map<String, ViewedSpan> byId) {
    if (span.kind().equals("STATEMENT")) {
      return "";
    }
    ViewedSpan around = byId.get(span.parent());
    while (around != null
        && !around.kind().equals("STATEMENT")
        && !around.kind().equals("WORKER")) {
      around = byId.get(around.parent());
    }
    return around == null ? "" : around.id();
  }

  /** As {@code MAKE_SQLSTATE} of utils/elog.h. */
  private static long pack(String sqlstate) {
    long packed = 0;
    for (int i = 0; i < sqlstate.length(); i++) {
      packed |= (long) ((sqlstate.charAt(i) - '0') & 0x3F) << (6 * i);
    }
    return packed;
  }
}
