package io.pgstitch.testkit.trace;

import io.pgstitch.testkit.trace.TraceRecord.Call;
import io.pgstitch.testkit.trace.TraceRecord.Failure;
import io.pgstitch.testkit.trace.TraceRecord.Moment;
import io.pgstitch.testkit.trace.TraceRecord.OfCursor;
import io.pgstitch.testkit.trace.TraceRecord.Parsing;
import io.pgstitch.testkit.trace.TraceRecord.Stat;
import io.pgstitch.testkit.trace.TraceRecord.Wait;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Every cursor is introduced, used, closed; statement texts are what their line says of them. */
final class CursorRules {
  private static final long SMALLEST = 100;
  private static final long LARGEST = 99_999;

  private final List<TraceViolation> violations;
  private final Map<Long, Integer> openSince = new HashMap<>();
  private final Set<Long> executed = new HashSet<>();

  /** Line of a BINDS after an EXEC that no call followed yet. */
  private final Map<Long, Integer> boundSinceExec = new HashMap<>();

  /** Of them it is said that their BINDS come after the EXEC. */
  private final Set<Long> late = new HashSet<>();

  /** Closed, but kept by the server: may be used again without a new introduction. */
  private final Set<Long> keptAsPrepared = new HashSet<>();

  CursorRules(List<TraceViolation> violations) {
    this.violations = violations;
  }

  void check(List<TraceRecord> records, boolean mayStayOpen) {
    records.forEach(this::check);
    if (!mayStayOpen) {
      openSince.forEach(
          (cursor, line) ->
              complain(line, TraceRule.CURSOR_LEFT_OPEN, "cursor #" + cursor + " is never closed"));
    }
  }

  private void check(TraceRecord record) {
    if (record instanceof Parsing parsing) {
      introduce(parsing);
      checkText(parsing);
    } else if (record instanceof Call call) {
      checkBinds(call);
      use(call.line(), call.kind(), call.cursor());
      if (call.isClose()) {
        close(call);
      }
    } else if (record instanceof TraceRecord.FunctionCall call) {
      use(call.line(), "FUNCTION", call.cursor());
    } else if (record instanceof Wait wait) {
      useUnlessZero(wait.line(), "WAIT", wait.cursor());
    } else if (record instanceof Failure failure) {
      useUnlessZero(failure.line(), "ERROR", failure.cursor());
    } else if (record instanceof Stat stat) {
      use(stat.line(), "STAT", stat.cursor());
    } else if (record instanceof OfCursor other) {
      if (other.kind().equals(StarLines.LATE)) {
        late.add(other.cursor());
      } else if (executed.contains(other.cursor()) && !late.remove(other.cursor())) {
        boundSinceExec.put(other.cursor(), other.line());
      }
      use(other.line(), other.kind(), other.cursor());
    } else if (!(record instanceof Moment) && !TraceRecord.isStarLine(record)) {
      throw new IllegalStateException("unknown " + record);
    }
  }

  /** An execution that goes on with FETCH had its BINDS before its EXEC. */
  private void checkBinds(Call call) {
    Integer bound = boundSinceExec.remove(call.cursor());
    if (bound != null && call.kind().equals("FETCH")) {
      complain(bound, TraceRule.BINDS_ORDER, "BINDS #" + call.cursor() + " comes after its EXEC");
    }
    if (call.kind().equals("EXEC")) {
      executed.add(call.cursor());
    } else if (call.isClose()) {
      executed.remove(call.cursor());
    }
  }

  private void introduce(Parsing parsing) {
    executed.remove(parsing.cursor());
    boundSinceExec.remove(parsing.cursor());
    long cursor = parsing.cursor();
    if (cursor < SMALLEST || cursor > LARGEST) {
      complain(
          parsing.line(), TraceRule.CURSOR_NUMBER, "#" + cursor + " has not three to five digits");
    }
    if (openSince.containsKey(cursor)) {
      complain(
          parsing.line(),
          TraceRule.CURSOR_REUSED,
          "#" + cursor + " is open since line " + openSince.get(cursor));
    }
    keptAsPrepared.remove(cursor);
    openSince.put(cursor, parsing.line());
  }

  private void useUnlessZero(int line, String kind, long cursor) {
    if (cursor != 0) {
      use(line, kind, cursor);
    }
  }

  private void use(int line, String kind, long cursor) {
    if (keptAsPrepared.contains(cursor) && !kind.equals("WAIT") && !kind.equals("CLOSE")) {
      keptAsPrepared.remove(cursor);
      openSince.put(cursor, line);
    }
    if (!openSince.containsKey(cursor) && !keptAsPrepared.contains(cursor)) {
      complain(line, TraceRule.CURSOR_UNKNOWN, kind + " of #" + cursor + ", which is not open");
    }
  }

  private void close(Call close) {
    openSince.remove(close.cursor());
    if (close.closeType() == 1 || close.closeType() == 3) {
      keptAsPrepared.add(close.cursor());
    } else {
      keptAsPrepared.remove(close.cursor());
    }
  }

  private void checkText(Parsing parsing) {
    if (parsing.len() != parsing.text().length()) {
      complain(
          parsing.line(),
          TraceRule.TEXT_LENGTH,
          "len=" + parsing.len() + ", but the text has " + parsing.text().length() + " bytes");
    }
    SqlIdentity identity = SqlIdentity.of(parsing.text());
    if (!identity.equals(new SqlIdentity(parsing.sqlId(), parsing.hash()))) {
      complain(
          parsing.line(),
          TraceRule.SQL_ID,
          "sqlid "
              + parsing.sqlId()
              + " hv "
              + parsing.hash()
              + ", but the text's are "
              + identity);
    }
  }

  private void complain(int line, TraceRule rule, String message) {
    violations.add(new TraceViolation(line, rule, message));
  }
}
