package io.pgstitch.testkit.trace;

import io.pgstitch.testkit.trace.StatementView.FunctionFigures;
import io.pgstitch.testkit.trace.StatementView.WaitFigures;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Whether spans and 10046 records tell the same: each statement is in both, with the same calls in
 * the same order, the same waits and rows, and the same figures, to the microsecond. CPU time,
 * which the two round at different places, may differ by one.
 */
public final class TwoViews {
  private final List<String> differences = new ArrayList<>();
  private final Map<String, List<StatementView>> ofSpans = new LinkedHashMap<>();
  private final Map<String, List<StatementView>> ofRecords = new LinkedHashMap<>();
  private final Map<WaitFigures, Integer> outside = new HashMap<>();

  private TwoViews() {}

  /**
   * Compares both ways.
   *
   * @param sessions one for each session
   * @return what differs, a text for each difference; empty when nothing does
   */
  public static List<String> differences(SpanStatements spans, List<RecordStatements> sessions) {
    return differences(spans, sessions, text -> false);
  }

  /**
   * The same, where some statements have records and, by request, no spans.
   *
   * @param withoutSpans asked by the statement's text
   */
  public static List<String> differences(
      SpanStatements spans, List<RecordStatements> sessions, Predicate<String> withoutSpans) {
    TwoViews views = of(spans, sessions);
    views.ofSpans.keySet().forEach(views::compare);
    views.ofRecords.forEach(
        (identity, left) ->
            left.stream()
                .filter(view -> !withoutSpans.test(view.text))
                .forEach(
                    view ->
                        views.differences.add("only in the records: " + view + views.near(view))));
    return views.differences;
  }

  /** Compares a part of the spans: each has its records, and there may be more records. */
  public static List<String> missing(SpanStatements spans, List<RecordStatements> sessions) {
    TwoViews views = of(spans, sessions);
    views.ofSpans.keySet().forEach(views::compare);
    return views.differences;
  }

  private static TwoViews of(SpanStatements spans, List<RecordStatements> sessions) {
    TwoViews views = new TwoViews();
    for (StatementView view : spans.statements()) {
      views.ofSpans.computeIfAbsent(view.identity(), i -> new ArrayList<>()).add(view);
    }
    for (RecordStatements session : sessions) {
      for (StatementView view : session.statements()) {
        views.ofRecords.computeIfAbsent(view.identity(), i -> new ArrayList<>()).add(view);
      }
      session.outside().forEach(wait -> views.outside.merge(wait, 1, Integer::sum));
    }
    return views;
  }

  private void compare(String identity) {
    List<StatementView> candidates = ofRecords.getOrDefault(identity, new ArrayList<>());
    for (StatementView span : ofSpans.get(identity)) {
      StatementView same =
          candidates.stream().filter(record -> agree(span, record)).findFirst().orElse(null);
      if (same != null) {
        candidates.remove(same);
      } else if (candidates.isEmpty()) {
        differences.add("only in the spans: " + span);
      } else {
        differences.add("spans: " + span + "\n  records: " + candidates.remove(0));
      }
      for (WaitFigures wait : span.between) {
        if (outside.merge(wait, -1, Integer::sum) < 0) {
          differences.add("only in the spans: " + wait + " between the calls of " + identity);
        }
      }
    }
  }

  private String near(StatementView record) {
    return ofSpans.values().stream()
        .flatMap(List::stream)
        .filter(span -> span.startUs == record.startUs && span.depth == record.depth)
        .findFirst()
        .map(span -> "\n  spans have at its start: " + span)
        .orElse("");
  }

  private static boolean agree(StatementView span, StatementView record) {
    long closeRounding = record.closeCpuUs - span.closeCpuUs;
    return callsAgree(span, record)
        && sorted(span.waits).equals(sorted(record.waits))
        && functionsAgree(span, record)
        && span.closeElapsedUs == record.closeElapsedUs
        && closeRounding >= 0
        && closeRounding <= span.closeWindows
        && span.closeBlocks.equals(record.closeBlocks)
        && span.closeWal.equals(record.closeWal)
        && span.begunBefore == record.begunBefore
        && span.textCut == record.textCut
        && span.bindTypes.equals(record.bindTypes)
        && plansAgree(span.planRows, record.planRows)
        && (span.depth > 0 || span.error == record.error);
  }

  private static boolean callsAgree(StatementView span, StatementView record) {
    if (span.calls.size() != record.calls.size()) {
      return false;
    }
    for (int i = 0; i < span.calls.size(); i++) {
      if (!span.calls.get(i).agreesWith(record.calls.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean functionsAgree(StatementView span, StatementView record) {
    List<FunctionFigures> left = span.functions.stream().sorted(FunctionFigures.ORDER).toList();
    List<FunctionFigures> right = record.functions.stream().sorted(FunctionFigures.ORDER).toList();
    return left.size() == right.size()
        && IntStream.range(0, left.size()).allMatch(i -> left.get(i).agreesWith(right.get(i)));
  }

  private static List<String> sorted(List<WaitFigures> waits) {
    return waits.stream().map(WaitFigures::toString).sorted().toList();
  }

  /** Nodes without all figures have no STAT line, and a span. */
  private static boolean plansAgree(List<Long> spans, List<Long> records) {
    List<Long> left = new ArrayList<>(spans);
    return records.stream().allMatch(left::remove);
  }
}
