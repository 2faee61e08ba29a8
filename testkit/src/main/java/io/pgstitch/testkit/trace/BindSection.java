package io.pgstitch.testkit.trace;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The order of the lines below BINDS: {@code Bind#}, {@code oacdty}, {@code oacflg}, {@code
 * kxsbbbfp} and, unless the value is null, {@code value}; numbers of binds ascend.
 */
final class BindSection {
  private static final String[] HEADS = {" Bind#", "  oacdty=", "  oacflg=", "  kxsbbbfp="};
  private static final int WHOLE = HEADS.length;
  private static final Pattern LENGTHS = Pattern.compile(".* bln=(\\d+)  avl=(\\d+) .*");

  /** How many lines of the bind were seen. */
  private int seen = WHOLE;

  private boolean mayHaveValue;
  private long last = -1;

  /** Takes a line; says what is wrong with it, or null. */
  String next(String line) {
    if (line.isEmpty()) {
      return null;
    }
    if (line.startsWith("  value=")) {
      boolean expected = seen == WHOLE && mayHaveValue;
      mayHaveValue = false;
      return expected ? null : "a value that belongs to no bind";
    }
    int expected = seen == WHOLE ? 0 : seen;
    if (!line.startsWith(HEADS[expected])) {
      return "not the next line of a bind: " + line;
    }
    seen = expected + 1;
    mayHaveValue = seen == WHOLE;
    if (expected == 0) {
      long number = Long.parseLong(line.substring(HEADS[0].length()));
      boolean ascends = number > last;
      last = number;
      return ascends ? null : "binds do not ascend: " + line;
    }
    Matcher lengths = LENGTHS.matcher(line);
    if (lengths.matches()
        && seen == WHOLE
        && Long.parseLong(lengths.group(1)) > Long.parseLong(lengths.group(2))
        && Long.parseLong(lengths.group(2)) != 0
        && line.contains("kxsbbbfp=0 ")) {
      return "more bytes than the value has: " + line;
    }
    return null;
  }

  /** Whether the last bind has all its lines. */
  boolean isWhole() {
    return seen == WHOLE;
  }
}
