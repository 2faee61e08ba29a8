package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenFrame;
import io.pgstitch.processor.state.OpenNested;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Phase;
import io.pgstitch.schema.FunctionEntry;
import io.pgstitch.schema.StatementEntry;
import java.util.List;

/**
 * Where a part of a long trace ends: at the first event after which it is full, but not between an
 * EXEC and what belongs to it and comes later. What returns rows runs in FETCH, so its bind values,
 * which stand before the EXEC in the trace file, come when that has ended; and how many rows a
 * command such as COPY processed is said where the command is done.
 */
final class PartBorder {
  /** The bit of a level that asks for bind values. */
  private static final int LEVEL_BINDS = 4;

  /** Spans or records that a full part waits: a cursor may be opened and left. */
  private static final int PATIENCE = 1_000;

  private final Session session;

  PartBorder(Session session) {
    this.session = session;
  }

  /** Whether the part ends after this event, the last one that was taken. */
  boolean isAfter(Object event) {
    return isFull(0, 1) && (isFull(PATIENCE, 2) || !awaitsMore(event));
  }

  private boolean isFull(int more, int times) {
    return session.pending.size() >= session.limits.pendingSpans() + more
        || session.pending.chars() >= (long) times * session.limits.pendingChars();
  }

  private boolean awaitsMore(Object event) {
    return session.state.getMark() != null || awaitsRows() || mayGoOn() || awaitsBinds(event);
  }

  private boolean awaitsRows() {
    OpenStatement statement = session.statement();
    return statement != null
        && statement.getRowsRecord() >= 0
        && statement.getCall() != null
        && statement.getCall().getPhase() == Phase.CLOSE
        && !statement.getCommandEnded();
  }

  /** Whether the window that was written last may turn out to go on. */
  private boolean mayGoOn() {
    OpenStatement statement = session.statement();
    return statement != null
        && statement.getBeforeClose() != null
        && !CallWindows.isDone(statement);
  }

  private boolean awaitsBinds(Object event) {
    if ((session.state.getLevel() & LEVEL_BINDS) == 0) {
      return false;
    }
    // The values come right behind the entry of the executor's run.
    boolean entry = event instanceof FunctionEntry || event instanceof StatementEntry;
    OpenStatement statement = session.statement();
    if (statement != null && statement.getBinds() == null && hasExec(statement.getCursor())) {
      boolean fetches =
          statement.getCall() != null && statement.getCall().getPhase() == Phase.FETCH;
      if (fetches && (entry || !statement.getRan())) {
        return true;
      }
    }
    for (OpenNested nested : session.state.getNested()) {
      boolean unbound = nested.getSelect() && nested.getBinds() == null && nested.getRows() < 0;
      if (unbound && (entry || !isFetched(nested)) && hasExec(nested.getCursor())) {
        return true;
      }
    }
    return false;
  }

  /** Whether an EXEC is the last call of a cursor, and not sent yet. */
  private boolean hasExec(int cursor) {
    List<Object> records = session.pending.records();
    return BindsPlace.in(records, cursor) < records.size();
  }

  private boolean isFetched(OpenNested statement) {
    for (OpenFrame frame : session.state.getFrames()) {
      if (frame.getWindow() && frame.getOwner() == statement.getOrdinal()) {
        return true;
      }
    }
    return false;
  }
}
