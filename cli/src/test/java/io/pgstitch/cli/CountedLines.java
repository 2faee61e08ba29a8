package io.pgstitch.cli;

import io.pgstitch.testkit.trace.BlockCounts;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the EXEC and FETCH lines of a statement in a trace file count, with their star lines. */
final class CountedLines {
  private static final Pattern CURSOR = Pattern.compile("PARSING IN CURSOR #(\\d+) .*");
  private static final Pattern CALL =
      Pattern.compile("(?:EXEC|FETCH) #(\\d+):.*,p=(\\d+),cr=(\\d+),cu=(\\d+),.*");
  private static final Pattern COUNT = Pattern.compile("([a-z_]+)=(\\d+)");

  private CountedLines() {}

  /**
   * Reads them.
   *
   * @param lines of a file
   * @param statement text of one line that is in it once
   * @return blocks by kind as {@link BlockCounts}, and {@code records}, {@code fpi} and {@code
   *     bytes} of WAL; those that are not 0
   */
  static Map<String, Long> of(List<String> lines, String statement) {
    int text = lines.indexOf(statement);
    Matcher introduced = CURSOR.matcher(lines.get(text - 1));
    if (!introduced.matches()) {
      throw new AssertionError("no cursor above " + statement);
    }
    String cursor = introduced.group(1);
    Map<String, Long> counts = new TreeMap<>();
    for (int i = text; !lines.get(i).startsWith("CLOSE #" + cursor + ":"); i++) {
      Matcher call = CALL.matcher(lines.get(i));
      if (call.matches() && call.group(1).equals(cursor)) {
        if (lines.get(i + 1).startsWith("*** BLOCKS: ")) {
          add(counts, lines.get(++i));
        } else {
          BlockCounts.ofShared(
                  Long.parseLong(call.group(2)),
                  Long.parseLong(call.group(3)),
                  Long.parseLong(call.group(4)))
              .counts()
              .forEach((kind, count) -> counts.merge(kind, count, Long::sum));
        }
        if (lines.get(i + 1).startsWith("*** WAL: ")) {
          add(counts, lines.get(++i));
        }
      }
    }
    counts.values().removeIf(count -> count == 0);
    return counts;
  }

  private static void add(Map<String, Long> counts, String line) {
    COUNT
        .matcher(line)
        .results()
        .forEach(count -> counts.merge(count.group(1), Long.valueOf(count.group(2)), Long::sum));
  }
}
