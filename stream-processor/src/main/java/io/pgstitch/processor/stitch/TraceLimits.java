package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.schema.CloseReason;

/**
 * Closes traces whose end was not seen when a limit is reached. A statement that goes on after that
 * is another trace, which names the first and says that it is not complete. What was closed stays
 * as it is.
 */
final class TraceLimits {
  /** Nothing was heard of the backend for too long. */
  static final String IDLE = "idle";

  /** The statement runs for too long. */
  static final String AGE = "age";

  /** The trace has too many spans. */
  static final String SPANS = "spans";

  /** Too many portals of the session wait for their next Execute. */
  static final String PORTALS = "portals";

  private final Session session;
  private final OpenSession state;
  private final StatementLifecycle lifecycle;
  private final SuspendedPortals suspended;
  private final RecordLines lines;
  private final long ageNs;

  TraceLimits(
      Session session,
      StatementLifecycle lifecycle,
      SuspendedPortals suspended,
      RecordLines lines) {
    this.session = session;
    this.state = session.state;
    this.lifecycle = lifecycle;
    this.suspended = suspended;
    this.lines = lines;
    this.ageNs = session.limits.traceAge().toNanos();
  }

  /** Asked after each event: by the session's own time, so that a replay closes at the same one. */
  void check() {
    OpenStatement statement = session.statement();
    if (statement == null) {
      return;
    }
    if (statement.getNextOrdinal() > session.limits.traceSpans()) {
      goesOn(statement, SPANS);
    } else if (state.getNow().getTimeNs() - statement.getStart().getTimeNs() > ageNs) {
      goesOn(statement, AGE);
    }
  }

  private void goesOn(OpenStatement statement, String limit) {
    if (hasEnded(statement)) {
      return; // All that is left is that the client is waited for.
    }
    close(statement, limit);
    OpenStatement rest = lifecycle.open(session.reading());
    rest.setText(statement.getText());
    rest.setTextTruncated(statement.getTextTruncated());
    rest.setStatementName(statement.getStatementName());
    rest.setQueryId(statement.getQueryId());
  }

  private static boolean hasEnded(OpenStatement statement) {
    return statement.getCommandEnded() || statement.getOwnEnd() || statement.getSqlstate() != null;
  }

  /**
   * Closes what is open because nothing was heard of the backend for too long. Figures and end are
   * those of its last event, whenever this is called.
   *
   * @return whether anything was open
   */
  boolean closeIdle() {
    OpenStatement statement = session.statement();
    boolean open = statement != null || !state.getSuspended().isEmpty();
    suspended.closeByLimit(IDLE);
    if (statement != null) {
      if (!statement.getCommandEnded() && statement.getSqlstate() == null) {
        statement.setComplete(
            false); // Its work may have ended, but what it says at its end is missing.
      }
      close(statement, IDLE);
    }
    return open;
  }

  private void close(OpenStatement statement, String limit) {
    statement.setCloseLimit(limit);
    if (!hasEnded(statement)) {
      lines.note("INCOMPLETE", "the trace is closed here by the limit: " + limit);
    }
    CloseReason reason = lifecycle.closeRunning(CloseReason.LIMIT);
    if (reason == CloseReason.LIMIT) {
      state.setContinues(TraceIds.trace(statement.getTraceHigh(), statement.getTraceLow()));
      state.setMidway(true);
      state.setBegunBefore(true);
    }
  }
}
