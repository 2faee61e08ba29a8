package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.CursorText;
import io.pgstitch.processor.state.OpenFrame;
import io.pgstitch.processor.state.OpenNested;
import io.pgstitch.processor.state.Phase;
import io.pgstitch.processor.state.ProbedFunction;
import io.pgstitch.processor.state.Reading;

/**
 * Enters and leaves function calls: which windows and nested statements open and close with them.
 */
final class CallStack {
  /** Told when calls of the client's own statement end. */
  interface OwnCalls {
    /**
     * PortalRun of the running statement has returned or was left.
     *
     * @param suspended whether it said that the portal has more to give
     */
    void portalRunEnded(boolean suspended);

    /** The statement's own executor has run and said how many rows it processed, -1 unknown. */
    void executorRan(long rows);

    /** PortalStart, called by the message itself, has returned or was left. */
    void portalStarted();
  }

  private final Session session;
  private final TraceWriter writer;
  private final OpenFrames frames;
  private final NestedStatements nested;
  private OwnCalls own;

  CallStack(Session session, TraceWriter writer) {
    this.session = session;
    this.writer = writer;
    this.frames = new OpenFrames(session);
    this.nested = new NestedStatements(session, writer);
  }

  void report(OwnCalls listener) {
    this.own = listener;
  }

  /** Drops what an entry at this depth shows to have been left. */
  void entered(long stack) {
    while (!frames.isEmpty() && frames.top().getStack() >= stack) {
      pop(-1, true);
    }
    caught();
  }

  /** An error leaves calls: which ones, the next sight of the stack tells. */
  void thrown(String sqlstate) {
    session.state.setThrown(sqlstate);
  }

  /** Whether nothing has told yet which calls the last error left. */
  boolean hasThrown() {
    return session.state.getThrown() != null;
  }

  /** What is open now was not left by the last error. */
  private void caught() {
    session.state.setThrown(null);
  }

  /** As {@link #entered}, for calls of the main loop: no nested statement can be left open. */
  void enteredFromMainLoop(long stack) {
    entered(stack);
    while (!frames.isEmpty() && frames.top().getWindow()) {
      pop(-1, true);
    }
  }

  /** Whether nothing that runs statements is open: what happens is the client's message itself. */
  boolean atTopLevel() {
    return frames.atTopLevel();
  }

  /** Leaves whatever runs statements, so that only the client's message itself is open. */
  void backToTopLevel() {
    while (!frames.atTopLevel()) {
      pop(-1, true);
    }
  }

  /**
   * The message's own statement runs: parsing and planning are over, though their returns may not
   * have been seen.
   */
  void leaveParsing() {
    if (frames.inParsing()) {
      backToTopLevel();
    }
  }

  /**
   * A portal runs, which functions do in a utility command alone: what stands open without a call
   * has ended, though that was not seen.
   */
  void endStatementsBeforePortal() {
    if (frames.inWindowsAlone()) {
      backToTopLevel();
    }
  }

  /**
   * A statement with another query descriptor runs: one whose window is open without a call in it
   * has ended, though that was not seen.
   */
  void endStatementsBefore(long object) {
    while (!frames.isEmpty() && frames.top().getWindow()) {
      OpenNested statement = nested.byOrdinal(frames.top().getOwner());
      if (statement == null || (object != 0 && statement.getObject() == object)) {
        return;
      }
      closeNested(statement);
    }
  }

  /** Whether any call is open that is part of the running trace. */
  boolean inCall() {
    return session.innermost() != null;
  }

  /** Object of the innermost open PortalStart or PortalRun, 0 when there is none. */
  long portal() {
    return frames.portal();
  }

  /** Whether what is open runs a portal, rather than starts one or works without. */
  boolean inPortalRun() {
    return frames.inPortalRun();
  }

  /** The open nested statement with this query descriptor, or null. */
  OpenNested nestedOf(long object) {
    return nested.byObject(object);
  }

  /** The nested statement that the innermost open call works for; null for the client's own. */
  OpenNested innermostNested() {
    OpenFrame call = session.innermost();
    return call == null ? null : nested.byOrdinal(call.getOwner());
  }

  /** Opens a call that works for whatever statement is innermost. */
  void push(ProbedFunction function, String name, long stack, long object) {
    if (function == ProbedFunction.OTHER && frames.size() >= session.limits.openCalls()) {
      session.counters.add(Counter.CALLS_LIMIT, 1);
      if (session.statement() != null) {
        session.statement().setComplete(false);
      }
      return;
    }
    frames.pushCall(function, name, stack, object);
  }

  /** Opens a call of the client's own executor or portal. */
  void pushOwn(ProbedFunction function, String name, long stack, long object) {
    frames.pushCall(function, name, stack, object).setOwn(true);
  }

  /** Opens a nested statement; one with the same descriptor, or one too many, ends first. */
  OpenNested openNested(CursorText identity, boolean select, boolean utility) {
    OpenNested old = nested.byObject(identity.getObject());
    if (old != null) {
      closeNested(old);
    }
    makeRoom(identity);
    return nested.open(identity, select, utility, frames.home());
  }

  private void makeRoom(CursorText identity) {
    while (nested.isFull(identity.getText().length())) {
      session.counters.add(Counter.NESTED_LIMIT, 1);
      session.statement().setComplete(false);
      closeNested(nested.get(0));
    }
  }

  /** The nested statement that is planned; one that was planned before and did not run goes on. */
  OpenNested planned(CursorText identity, boolean select) {
    OpenFrame runner = frames.runner();
    OpenNested before =
        runner == null ? null : nested.planned(identity.getText(), runner.getOrdinal());
    if (before != null) {
      before.setPlanned(false);
      return before;
    }
    makeRoom(identity);
    return nested.open(identity, select, false, runner);
  }

  /**
   * The nested statement that was planned and starts now, or null. Those that were planned before
   * it will not run: the server runs what it planned in that order.
   */
  OpenNested takePlanned(CursorText identity, boolean select) {
    OpenFrame runner = frames.runner();
    OpenNested statement =
        runner == null ? null : nested.planned(identity.getText(), runner.getOrdinal());
    if (statement == null) {
      return null;
    }
    OpenNested old = nested.byObject(identity.getObject());
    if (old != null) {
      closeNested(old);
    }
    statement.setPlanned(false);
    nested.endPlannedBefore(statement);
    statement.setObject(identity.getObject());
    statement.setCommandTag(identity.getCommandTag());
    statement.setQueryId(identity.getQueryId());
    statement.setSelect(select);
    return statement;
  }

  /** A window that begins and ends now: the call was made, and its time is in what is around it. */
  void windowOfNoLength(OpenNested statement, Phase phase) {
    frames.pushWindow(statement, phase);
    pop(-1, false);
  }

  /** Enters a function that drives a nested statement, in its window of that phase. */
  void pushDriver(
      OpenNested statement, Phase phase, ProbedFunction function, String name, long stack) {
    int open = frames.windowOf(statement);
    boolean goesOn = open >= 0 && !statement.getSelect() && phase == Phase.EXEC;
    if (open >= 0) {
      popAbove(goesOn ? open + 1 : open);
      if (nested.byOrdinal(statement.getOrdinal()) == null) {
        push(function, name, stack, statement.getObject());
        return;
      }
    }
    if (!goesOn) {
      frames.pushWindow(statement, phase);
    }
    pushOwn(function, name, stack, statement.getObject());
  }

  /**
   * A function has returned; an exit whose entry was not seen only shows that deeper calls ended.
   */
  void exited(String name, long stack, long rows) {
    int match = frames.size() - 1;
    while (match >= 0 && frames.get(match).getStack() >= stack) {
      OpenFrame frame = frames.get(match);
      if (!frame.getWindow() && frame.getStack() == stack && frame.getName().equals(name)) {
        popAbove(match + 1);
        caught();
        pop(rows, false);
        return;
      }
      match--;
    }
    while (!frames.isEmpty() && frames.top().getStack() > stack) {
      pop(-1, true);
    }
    caught();
    // Its entry is among what was not seen, and so it is missing among the statement's calls.
    session.unseenPart();
  }

  /** Closes all calls and nested statements, as an error or the end of the session does. */
  void popAll(String sqlstate, String message) {
    nested.failed(sqlstate, message);
    popAbove(0);
    closeAllNested();
  }

  /** Nested statements end with the statement that runs them. */
  void closeAllNested() {
    while (!nested.isEmpty()) {
      closeNested(nested.get(nested.size() - 1));
    }
  }

  /** Ends the nested statements directly inside a span. */
  void closeNestedWithin(int ordinal) {
    for (int i = nested.size() - 1; i >= 0; i--) {
      if (nested.get(i).getParent() == ordinal) {
        closeNested(nested.get(i));
      }
    }
  }

  /** Ends a nested statement; its window and what is above that end with it. */
  private void closeNested(OpenNested statement) {
    int window = frames.windowOf(statement);
    if (window >= 0) {
      popAbove(window);
    }
    nested.end(statement);
  }

  private void popAbove(int size) {
    while (frames.size() > size) {
      pop(-1, true);
    }
  }

  private void pop(long rows, boolean left) {
    OpenFrame frame = frames.top();
    boolean traced = frame.getOrdinal() >= 0 && session.statement() != null;
    if (traced) {
      closeNestedWithin(frame.getOrdinal());
    }
    frames.removeTop();
    if (!traced) {
      return;
    }
    Reading now = session.reading();
    if (frame.getWindow()) {
      writer.nested().window(session.statement(), nested.byOrdinal(frame.getOwner()), frame, now);
      return;
    }
    boolean portalRun = frame.getFunction() == ProbedFunction.PORTAL_RUN;
    writer.function(session.statement(), frame, now, portalRun ? -1 : rows);
    if (frame.getFunction() == ProbedFunction.PORTAL_START && frames.atTopLevel()) {
      own.portalStarted();
    }
    if (frame.getOwn()) {
      if (frame.getOwner() == TraceWriter.ROOT) {
        ownEnded(frame.getFunction(), rows);
      } else {
        driverEnded(frame, rows, left);
      }
    }
  }

  private void ownEnded(ProbedFunction function, long rows) {
    if (function == ProbedFunction.PORTAL_RUN) {
      own.portalRunEnded(rows == 0);
    } else if (function == ProbedFunction.EXECUTOR_RUN) {
      own.executorRan(rows);
    }
  }

  private void driverEnded(OpenFrame frame, long rows, boolean left) {
    OpenNested statement = nested.byOrdinal(frame.getOwner());
    ProbedFunction function = frame.getFunction();
    if (function == ProbedFunction.EXECUTOR_RUN && rows >= 0) {
      OpenFrame window = frames.top();
      window.setRows(Math.max(0, window.getRows()) + rows);
      statement.setRows(Math.max(0, statement.getRows()) + rows);
    }
    boolean ends =
        left
            || function == ProbedFunction.EXECUTOR_END
            || function == ProbedFunction.PROCESS_UTILITY
            || (statement.getLean() && function == ProbedFunction.EXECUTOR_RUN);
    boolean windowGoesOn =
        !ends
            && !statement.getSelect()
            && function != ProbedFunction.EXECUTOR_FINISH
            && function != ProbedFunction.PLANNER;
    if (!windowGoesOn && frames.windowOf(statement) == frames.size() - 1 && !frames.isEmpty()) {
      pop(-1, false);
    }
    if (ends) {
      closeNested(statement);
    } else if (function == ProbedFunction.PLANNER) {
      statement.setPlanned(true);
    }
  }
}
