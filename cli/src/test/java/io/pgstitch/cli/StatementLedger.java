package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What the clients of a test executed, to be compared with what was traced of them. */
final class StatementLedger {
  private final Map<String, List<String>> expected = new TreeMap<>();

  /** A statement was executed, and the server told nobody how many rows it had. */
  void executedWithoutCount(String application, String text, String tag) {
    expected.computeIfAbsent(application + ": " + text, t -> new ArrayList<>()).add(tag + " -");
  }

  /** A statement of one application was executed once. */
  void executed(String application, String text, String tag, long rows) {
    expected
        .computeIfAbsent(application + ": " + text, t -> new ArrayList<>())
        .add(tag + " " + rows);
  }

  /** The same several times. */
  void executed(String application, String text, String tag, long rows, int times) {
    for (int i = 0; i < times; i++) {
      executed(application, text, tag, rows);
    }
  }

  /** Each execution is there once, with its command and rows, and nothing else is. */
  void compareWith(ExportedTraces traces, List<String> applications) {
    Map<String, List<String>> traced = new TreeMap<>();
    for (String application : applications) {
      for (ExportedSpan root : traces.executedRoots(application)) {
        traced
            .computeIfAbsent(application + ": " + root.statement(), t -> new ArrayList<>())
            .add(
                root.attributes().get("db.operation.name")
                    + " "
                    + root.attributes().getOrDefault("pgstitch.rows", "-"));
      }
    }
    List<String> wrong = new ArrayList<>();
    Set<String> all = new TreeSet<>(expected.keySet());
    all.addAll(traced.keySet());
    for (String statement : all) {
      List<String> wanted = sorted(expected.getOrDefault(statement, List.of()));
      List<String> found = sorted(traced.getOrDefault(statement, List.of()));
      if (!wanted.equals(found)) {
        wrong.add(statement + ": executed " + wanted + ", traced " + found);
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static List<String> sorted(List<String> list) {
    return list.stream().sorted().toList();
  }
}
