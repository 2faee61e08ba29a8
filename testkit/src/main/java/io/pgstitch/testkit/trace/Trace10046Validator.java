package io.pgstitch.testkit.trace;

import io.pgstitch.testkit.trace.TraceRecord.Call;
import io.pgstitch.testkit.trace.TraceRecord.Failure;
import io.pgstitch.testkit.trace.TraceRecord.Moment;
import io.pgstitch.testkit.trace.TraceRecord.OfCursor;
import io.pgstitch.testkit.trace.TraceRecord.Parsing;
import io.pgstitch.testkit.trace.TraceRecord.Stat;
import io.pgstitch.testkit.trace.TraceRecord.Timed;
import io.pgstitch.testkit.trace.TraceRecord.Wait;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Judges a 10046 trace file by every {@link TraceRule}. */
public final class Trace10046Validator {
  private final boolean cursorsMayStayOpen;

  private Trace10046Validator(boolean cursorsMayStayOpen) {
    this.cursorsMayStayOpen = cursorsMayStayOpen;
  }

  /** For the trace of a session that has ended. */
  public static Trace10046Validator ofEndedSession() {
    return new Trace10046Validator(false);
  }

  /** For the trace of a session that still runs: cursors may be open. */
  public static Trace10046Validator ofRunningSession() {
    return new Trace10046Validator(true);
  }

  /**
   * Reads and judges a file.
   *
   * @throws IOException if it cannot be read
   */
  public TraceReport validate(Path file) throws IOException {
    return validate(Files.readAllBytes(file));
  }

  /** Judges the bytes of a file. */
  public TraceReport validate(byte[] file) {
    List<TraceViolation> violations = new ArrayList<>();
    // One char per byte, whatever the encoding: lengths and hashes are of bytes.
    List<TraceRecord> records =
        TraceGrammar.parse(new String(file, StandardCharsets.ISO_8859_1), violations);
    new CursorRules(violations).check(records, cursorsMayStayOpen);
    new PlanRules(violations).check(records);
    new StarRules(violations).check(records);
    checkTime(records, violations);
    CallTree tree = new CallTree(violations);
    records.forEach(record -> addTo(tree, record));
    tree.end();
    violations.sort(Comparator.comparingInt(TraceViolation::line));
    return new TraceReport(
        List.copyOf(violations),
        counts(records),
        tree.unaccounted().stream().sorted().toList(),
        (double) tree.explained() / span(records));
  }

  private static void addTo(CallTree tree, TraceRecord record) {
    if (record instanceof Call call) {
      tree.add(call);
    } else if (record instanceof Wait wait) {
      tree.add(wait);
    }
  }

  private static void checkTime(List<TraceRecord> records, List<TraceViolation> violations) {
    long last = Long.MIN_VALUE;
    for (TraceRecord record : records) {
      if (record instanceof Timed timed) {
        if (timed.tim() < last) {
          String message =
              "tim=" + timed.tim() + " is " + (last - timed.tim()) + " us before a record above";
          violations.add(new TraceViolation(timed.line(), TraceRule.TIME_GOES_BACK, message));
        }
        last = Math.max(last, timed.tim());
      }
    }
  }

  /** From the beginning of what began first to the last time, microseconds. */
  private static long span(List<TraceRecord> records) {
    long first = Long.MAX_VALUE;
    long last = Long.MIN_VALUE;
    for (TraceRecord record : records) {
      if (record instanceof Timed timed) {
        long start =
            record instanceof Call call
                ? call.start()
                : record instanceof Wait wait ? wait.start() : timed.tim();
        first = Math.min(first, start);
        last = Math.max(last, timed.tim());
      }
    }
    return first == Long.MAX_VALUE ? 0 : last - first;
  }

  private static Map<String, Integer> counts(List<TraceRecord> records) {
    Map<String, Integer> counts = new TreeMap<>();
    records.forEach(record -> counts.merge(kind(record), 1, Integer::sum));
    return counts;
  }

  private static String kind(TraceRecord record) {
    if (record instanceof Parsing) {
      return "PARSING IN CURSOR";
    } else if (record instanceof Call call) {
      return call.kind();
    } else if (record instanceof Wait) {
      return "WAIT";
    } else if (record instanceof Failure) {
      return "ERROR";
    } else if (record instanceof Stat) {
      return "STAT";
    } else if (record instanceof OfCursor other) {
      return other.kind();
    } else if (record instanceof Moment moment) {
      return moment.kind();
    }
    return StarRules.title(record);
  }
}
