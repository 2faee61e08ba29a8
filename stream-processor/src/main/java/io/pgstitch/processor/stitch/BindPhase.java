package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.BindNow;
import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.schema.BackendKind;

/**
 * Bind as a phase of its own: from the report of a message that neither parses nor runs a portal to
 * the return of PortalStart, or to the error that leaves it.
 *
 * <p>No function of the server is the phase in every build, so it follows from events that come
 * anyway: Parse and Query call pg_parse_query right after their report, Execute calls PortalRun,
 * and Bind alone defines and starts a portal without either. docs/decisions/0006 says what is not
 * known.
 */
final class BindPhase {
  /** Name of the span. */
  static final String NAME = "Bind";

  private final Session session;
  private final OpenSession state;
  private final TraceWriter writer;
  private final SuspendedPortals suspended;

  BindPhase(Session session, TraceWriter writer, SuspendedPortals suspended) {
    this.session = session;
    this.state = session.state;
    this.writer = writer;
    this.suspended = suspended;
  }

  /** A message begins to run; its statement is open. */
  void messageRuns(boolean fastpath) {
    boolean may =
        !fastpath
            && SessionRules.isDetail(state.getLevel())
            && session.backend.getKind() == BackendKind.CLIENT;
    state.setBind(may ? new BindNow(session.reading(), false, false) : null);
  }

  /** The message, or something in it, parses. */
  void parses() {
    state.setParseProbed(true);
    state.setBind(null);
  }

  /** The client's message plans. */
  void plans() {
    if (state.getBind() != null) {
      state.getBind().setPlanned(true);
    }
  }

  /**
   * The message has defined a portal, and its statement is the running one.
   *
   * @param statementName of a prepared statement, which Bind alone has; empty for none
   */
  void defines(String statementName) {
    if (state.getBind() != null) {
      state.getBind().setDefined(state.getParseProbed() || !statementName.isEmpty());
    }
  }

  /** PortalStart has returned, or was left, where no other call runs statements. */
  void portalStarted() {
    BindNow bind = take();
    if (bind != null && bind.getDefined()) {
      write(bind, null, "");
    }
  }

  /** A portal is run. */
  void portalRuns() {
    state.setRunProbed(true);
    state.setBind(null);
  }

  /** The client is waited for. */
  void over() {
    state.setBind(null);
  }

  /** What is probed of a session may have changed. */
  static void probesChange(OpenSession state) {
    state.setBind(null);
    state.setParseProbed(false);
    state.setRunProbed(false);
  }

  /** The running message while it may be a Bind, and null; it is none to others from here on. */
  BindNow take() {
    BindNow bind = state.getBind();
    state.setBind(null);
    return bind;
  }

  /**
   * An error, or the end of the process, has left a message that {@link #take} gave before the
   * calls in it were closed. The statement's window is open still.
   *
   * @param bind null for a message that is no Bind
   * @param sqlstate null where it was no error
   * @return whether it was a Bind
   */
  boolean left(BindNow bind, String sqlstate, String message) {
    if (bind == null) {
      return false;
    }
    boolean seesBoth = state.getParseProbed() && state.getRunProbed();
    if (bind.getDefined() || plansAlone(bind) || (seesBoth && failsAlone())) {
      return write(bind, sqlstate, message);
    }
    if (state.getEventsMissed()) {
      // What would tell may be among what was not seen.
      session.statement().setComplete(false);
    }
    return false;
  }

  /** Only a Bind plans without having parsed. */
  private boolean plansAlone(BindNow bind) {
    return bind.getPlanned() && state.getParseProbed();
  }

  /**
   * Whether a message that failed before it did anything else was a Bind: no portal of its text is
   * known, so it is no Execute, and the session uses portals, so it is no command of replication.
   */
  private boolean failsAlone() {
    OpenStatement statement = session.statement();
    boolean portalKnown =
        statement.getHasPortal() || suspended.waitsOfText(statement.getSourceHash());
    boolean extended = state.getBindSeen() || statement.getParseSeen();
    return extended && !portalKnown && !state.getUnseenBefore() && !state.getAttachedLater();
  }

  /** Writes it where all of it lies in the window that runs. */
  private boolean write(BindNow bind, String sqlstate, String message) {
    OpenStatement statement = session.statement();
    if (bind.getStart().getTimeNs() < statement.getCall().getStart().getTimeNs()) {
      return false;
    }
    writer.bound(statement, bind.getStart(), sqlstate, message);
    state.setBindSeen(true);
    return true;
  }
}
