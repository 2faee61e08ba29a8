package io.pgstitch.testkit.trace;

import io.pgstitch.testkit.trace.TraceRecord.Begun;
import io.pgstitch.testkit.trace.TraceRecord.BindTypes;
import io.pgstitch.testkit.trace.TraceRecord.Blocks;
import io.pgstitch.testkit.trace.TraceRecord.FunctionCall;
import io.pgstitch.testkit.trace.TraceRecord.LockHolder;
import io.pgstitch.testkit.trace.TraceRecord.NamedFile;
import io.pgstitch.testkit.trace.TraceRecord.OfCursor;
import io.pgstitch.testkit.trace.TraceRecord.TextCut;
import io.pgstitch.testkit.trace.TraceRecord.Wal;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The star lines that say what Oracle's lines have no place for. Readers of Oracle's files pass
 * over them, and over those that are not here.
 */
final class StarLines {
  private static final Pattern KNOWN =
      Pattern.compile(
          "\\*\\*\\* (BLOCKS|WAL|FILE|BEGUN BEFORE|TEXT CUT|BIND TYPES|BINDS LATE|LOCK HOLDER|FUNCTION): .*");

  /** Kind of the line that says that the BINDS below belong to the EXEC above. */
  static final String LATE = "BINDS LATE";

  private static final String CURSOR = "#(\\d{1,5})";
  private static final String CALL = CURSOR + " (PARSE|EXEC|FETCH|CLOSE)";
  private static final Pattern BLOCKS =
      Pattern.compile("\\*\\*\\* BLOCKS: " + CALL + "((?: [a-z_]+=[1-9]\\d{0,17})+)");
  private static final Pattern WAL =
      Pattern.compile(
          "\\*\\*\\* WAL: " + CALL + " records=(\\d{1,18}) fpi=(\\d{1,18}) bytes=(\\d{1,18})");
  private static final Pattern RELATION_FILE =
      Pattern.compile(
          "\\*\\*\\* FILE: (file#=\\d{1,10}) (fork=(?:main|fsm|vm|init) tablespace=\\d+ database=\\d+"
              + " oid=\\d+ relation=.*)");
  private static final Pattern OTHER_FILE =
      Pattern.compile("\\*\\*\\* FILE: (fd=\\d{1,10}) (path=.*)");
  private static final Pattern BEGUN = Pattern.compile("\\*\\*\\* BEGUN BEFORE: (WAIT )?" + CURSOR);
  private static final Pattern TEXT_CUT =
      Pattern.compile("\\*\\*\\* TEXT CUT: " + CURSOR + " after=(\\d{1,10})");
  private static final Pattern BIND_TYPES =
      Pattern.compile(
          "\\*\\*\\* BIND TYPES: "
              + CURSOR
              + "((?: \\d+=\\d{1,10}(?::[a-z0-9_\"]+)?(?:,null)?(?:,cut)?)+)");

  private static final Pattern LATE_BINDS =
      Pattern.compile("\\*\\*\\* " + LATE + ": " + CURSOR + " of the EXEC above");
  private static final Pattern LOCK_HOLDER =
      Pattern.compile("\\*\\*\\* LOCK HOLDER: (pid=\\d{1,10}.*)");

  private static final Pattern FUNCTION =
      Pattern.compile(
          "\\*\\*\\* FUNCTION: "
              + CURSOR
              + " (\\S+) c=(\\d{1,18}),e=(\\d{1,18}),dep=(\\d{1,9}),tim=(\\d{1,18})");

  private StarLines() {}

  /** Whether a line has to be one of these. */
  static boolean isKnown(String line) {
    return KNOWN.matcher(line).matches();
  }

  /** What a line says; null when it breaks the form. */
  static TraceRecord parse(int number, String line) {
    Matcher m = BLOCKS.matcher(line);
    if (m.matches()) {
      TreeMap<String, Long> counts = new TreeMap<>();
      for (String count : words(m.group(3))) {
        String[] pair = count.split("=", 2);
        counts.put(pair[0], Long.parseLong(pair[1]));
      }
      return BlockCounts.KINDS.containsAll(counts.keySet())
          ? new Blocks(number, n(m, 1), m.group(2), new BlockCounts(counts))
          : null;
    }
    m = WAL.matcher(line);
    if (m.matches()) {
      return new Wal(number, n(m, 1), m.group(2), new WalCounts(n(m, 3), n(m, 4), n(m, 5)));
    }
    m = RELATION_FILE.matcher(line);
    if (m.matches()) {
      return new NamedFile(number, m.group(1), m.group(2));
    }
    m = OTHER_FILE.matcher(line);
    if (m.matches()) {
      return new NamedFile(number, m.group(1), m.group(2));
    }
    m = BEGUN.matcher(line);
    if (m.matches()) {
      return new Begun(number, n(m, 2), m.group(1) != null);
    }
    m = TEXT_CUT.matcher(line);
    if (m.matches()) {
      return new TextCut(number, n(m, 1), n(m, 2));
    }
    m = LATE_BINDS.matcher(line);
    if (m.matches()) {
      return new OfCursor(number, LATE, n(m, 1));
    }
    m = LOCK_HOLDER.matcher(line);
    if (m.matches()) {
      return new LockHolder(number, m.group(1));
    }
    m = FUNCTION.matcher(line);
    if (m.matches()) {
      return new FunctionCall(number, n(m, 1), m.group(2), n(m, 3), n(m, 4), n(m, 5), n(m, 6));
    }
    m = BIND_TYPES.matcher(line);
    return m.matches() ? new BindTypes(number, n(m, 1), words(m.group(2))) : null;
  }

  private static List<String> words(String text) {
    return Arrays.asList(text.substring(1).split(" "));
  }

  private static long n(Matcher m, int group) {
    return Long.parseLong(m.group(group));
  }
}
