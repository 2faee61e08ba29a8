package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which statements ran inside which, for the workload of {@link StatementKinds}. */
final class NestedStatementsCheck {
  private final List<ExportedSpan> trace;
  private final Map<String, ExportedSpan> byId = new HashMap<>();

  private NestedStatementsCheck(List<ExportedSpan> trace) {
    this.trace = trace;
    trace.forEach(s -> byId.put(s.spanId(), s));
  }

  static void check(ExportedTraces traces) {
    recursion(of(traces, "select nest(6)"));
    of(traces, "select sqlf(10)").has(1, "select count(*) from work where a <= n", 1);
    of(traces, "select sqlf(a), a from work where a <= 4")
        .has(1, "select count(*) from work where a <= n", 4);
    NestedStatementsCheck many = of(traces, "select * from sqlmany()");
    many.has(1, "insert into log values ('sqlmany')", 1);
    many.has(1, "select a from work where a <= 3 order by a", 1);
    NestedStatementsCheck loops = of(traces, "select loops()");
    loops.has(1, "select a from work where a <= 3", 1);
    loops.has(1, "select a from work where a <= 4", 1);
    loops.has(1, "insert into parent values (1, 1)", 3);
    loops.has(1, "insert into log values ('caught')", 3);
    NestedStatementsCheck watched =
        of(traces, "insert into watched select g from generate_series(1, 3) g");
    watched.has(
        1, "insert into log values (tg_op || ' ' || tg_when || ' ' || tg_level)", 3 + 3 + 1);
    of(traces, "insert into child values (11, 5)").hasLike(1, "SELECT 1 FROM ONLY %parent%", 1);
    cascade(of(traces, "delete from parent where id <= 2"));
    NestedStatementsCheck calls = of(traces, "call commits()");
    calls.has(1, "insert into log values ('commits')", 3);
    of(traces, "do $$ begin perform 1; perform 2; end $$").hasLike(1, "SELECT %", 2);
    of(traces, "explain (analyze, costs off, timing off) insert into log values ('e')")
        .hasLike(1, "%insert into log values ('e')", 1);
  }

  private static NestedStatementsCheck of(ExportedTraces traces, String text) {
    return new NestedStatementsCheck(traces.trace(text));
  }

  /** nest(6) runs six selects, each inside the one before. */
  private static void recursion(NestedStatementsCheck check) {
    List<ExportedSpan> nested = check.nested(s -> s.startsWith("select nest(n - 1) + 1"));
    assertThat(nested).extracting(check::depth).containsExactlyInAnyOrder(1, 2, 3, 4, 5, 6);
    for (ExportedSpan s : nested) {
      assertThat(check.enclosing(s)).as("enclosing " + s).isEqualTo(check.depth(s) - 1);
    }
  }

  /**
   * Each deleted row of a parent deletes its children, each of which deletes its own. The server
   * fires the triggers of all of them at the end of the client's statement (ri_triggers.c runs its
   * queries without firing triggers), so that all are directly inside it.
   */
  private static void cascade(NestedStatementsCheck check) {
    check.hasLike(1, "DELETE FROM ONLY %\"child\"%", 2);
    check.hasLike(1, "DELETE FROM ONLY %\"grandchild\"%", 4);
  }

  private void has(int depth, String text, int times) {
    expect(depth, text, nested(text::equals), times);
  }

  private void hasLike(int depth, String pattern, int times) {
    String regex = ("\\Q" + pattern.replace("%", "\\E.*\\Q") + "\\E");
    expect(depth, pattern, nested(s -> s.matches("(?s)" + regex)), times);
  }

  private void expect(int depth, String text, List<ExportedSpan> found, int times) {
    assertThat(found).as(text + " in " + statements()).hasSize(times);
    for (ExportedSpan s : found) {
      assertThat(depth(s)).as(text).isEqualTo(depth);
      assertThat(enclosing(s)).as("depth of what encloses " + text).isEqualTo(depth - 1);
    }
  }

  private List<String> statements() {
    List<String> all = new ArrayList<>();
    trace.stream()
        .filter(s -> s.kind().equals("STATEMENT"))
        .forEach(s -> all.add(depth(s) + " " + s.statement()));
    return all;
  }

  private List<ExportedSpan> nested(java.util.function.Predicate<String> text) {
    return trace.stream()
        .filter(s -> s.kind().equals("STATEMENT") && !s.isRoot() && text.test(s.statement()))
        .toList();
  }

  private int depth(ExportedSpan s) {
    return Integer.parseInt(s.attributes().get("pgstitch.depth"));
  }

  /** Depth of the statement that a span lies in. */
  private int enclosing(ExportedSpan s) {
    ExportedSpan up = byId.get(s.parentSpanId());
    while (!up.kind().equals("STATEMENT")) {
      up = byId.get(up.parentSpanId());
    }
    return depth(up);
  }
}
