package io.pgstitch.cli;

import io.pgstitch.collector.control.Printable;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.OpenQuery;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Running statements as lines that fit into a terminal. */
final class TopTable {
  private static final List<String> TITLES =
      List.of(
          "HOST",
          "PID",
          "USER",
          "DATABASE",
          "APPLICATION",
          "LEVEL",
          "AGE",
          "CALL",
          "WAIT",
          "FOR",
          "HELD BY");
  private static final List<Boolean> TO_THE_RIGHT =
      List.of(false, true, false, false, false, true, true, false, false, true, false);
  private static final int LONGEST_NAME = 24;
  private static final int LEAST_SQL = 20;

  private final List<OpenQueryRow> rows;

  TopTable(List<OpenQueryRow> rows) {
    this.rows = List.copyOf(rows);
  }

  /**
   * A heading, and a line for each statement; its SQL takes what is left of the width.
   *
   * @param width columns of the terminal
   */
  List<String> lines(int width) {
    List<List<String>> cells = new ArrayList<>();
    cells.add(TITLES);
    rows.forEach(row -> cells.add(cells(row)));
    int[] widths = new int[TITLES.size()];
    for (List<String> line : cells) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], width(line.get(i)));
      }
    }
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < cells.size(); i++) {
      String head = head(cells.get(i), widths);
      int left = Math.max(LEAST_SQL, width - width(head) - 2);
      lines.add(cut(head + "  " + cut(i == 0 ? "SQL" : sql(rows.get(i - 1)), left), width));
    }
    return lines;
  }

  private static List<String> cells(OpenQueryRow row) {
    OpenQuery query = row.query();
    Backend backend = row.backend();
    return List.of(
        name(backend.getHost()),
        String.valueOf(backend.getPid()),
        name(backend.getUser()),
        name(backend.getDatabase()),
        name(backend.getApplicationName()),
        String.valueOf(query.getLevel()),
        (query.getBegunBefore() ? ">" : "") + duration(row.ageNanos()),
        query.getCall().isEmpty() ? "-" : query.getCall(),
        wait(row),
        row.waits() ? duration(row.waitNanos()) : "-",
        query.getHolders().isEmpty()
            ? "-"
            : query.getHolders().stream().map(String::valueOf).collect(Collectors.joining(",")));
  }

  private static String wait(OpenQueryRow row) {
    if (row.isSilent()) {
      return "silent for " + duration(row.heardNanos());
    }
    if (!row.seesWaits()) {
      return "?";
    }
    OpenQuery query = row.query();
    return row.waits() ? query.getWaitClass() + ":" + query.getWaitEvent() : "-";
  }

  /** Three figures or so: 1.2s, 59.9s, 3m07s, 2h05m, 3d04h. */
  static String duration(long nanos) {
    long tenths = nanos / 100_000_000;
    long seconds = tenths / 10;
    if (seconds < 60) {
      return seconds + "." + tenths % 10 + "s";
    }
    if (seconds < 3_600) {
      return two("%dm%02ds", seconds / 60, seconds % 60);
    }
    if (seconds < 86_400) {
      return two("%dh%02dm", seconds / 3_600, seconds / 60 % 60);
    }
    return two("%dd%02dh", seconds / 86_400, seconds / 3_600 % 24);
  }

  private static String two(String format, long large, long small) {
    return String.format(Locale.ROOT, format, large, small);
  }

  private static String sql(OpenQueryRow row) {
    return Printable.of(row.query().getText().strip().replaceAll("\\s+", " "));
  }

  private static String name(String text) {
    return text.isEmpty() ? "-" : cut(Printable.of(text), LONGEST_NAME);
  }

  private static String head(List<String> cells, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String blanks = " ".repeat(widths[i] - width(cells.get(i)));
      line.append(i == 0 ? "" : "  ");
      line.append(TO_THE_RIGHT.get(i) ? blanks + cells.get(i) : cells.get(i) + blanks);
    }
    return line.toString();
  }

  private static int width(String text) {
    return text.codePointCount(0, text.length());
  }

  private static String cut(String text, int width) {
    return width(text) <= width ? text : text.substring(0, text.offsetByCodePoints(0, width));
  }
}
