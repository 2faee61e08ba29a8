package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenFrame;
import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Phase;
import io.pgstitch.processor.state.Reading;
import io.pgstitch.processor.state.SplitMark;
import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.Span;
import java.util.BitSet;

/** Opens, suspends and closes the client's statements. */
final class StatementLifecycle {
  private static final BitSet NO_CURSORS = new BitSet();

  private final Session session;
  private final OpenSession state;
  private final TraceWriter writer;
  private final CallStack stack;
  private final SuspendedPortals suspended;
  private final TraceEmitter emitter;
  private final StatementContexts contexts;
  private final LockWaiters lockWaiters;
  private final CallWindows windows;

  StatementLifecycle(
      Session session,
      TraceWriter writer,
      CallStack stack,
      SuspendedPortals suspended,
      TraceEmitter emitter,
      LockWaiters lockWaiters) {
    this.lockWaiters = lockWaiters;
    this.session = session;
    this.state = session.state;
    this.writer = writer;
    this.stack = stack;
    this.suspended = suspended;
    this.emitter = emitter;
    this.contexts = new StatementContexts(session);
    this.windows = new CallWindows(session, writer, stack, suspended);
  }

  /** The call windows of the running statement. */
  CallWindows windows() {
    return windows;
  }

  /** The running statement; opens one when this is the first sight of it. */
  OpenStatement seen() {
    OpenStatement statement = session.statement();
    return statement == null ? open(session.reading()) : statement;
  }

  OpenStatement open(Reading at) {
    return open(at, NO_CURSORS);
  }

  /** Opens a statement of the running message, with a cursor number outside some others. */
  OpenStatement open(Reading at, BitSet takenCursors) {
    lockWaiters.statementBegins();
    OpenStatement statement = NewStatement.of(session, at, session.takeCursorOutside(takenCursors));
    contexts.begin(statement);
    // Each trace's records can be read without those before them.
    state.getToldFiles().clear();
    state.setMark(null);
    state.setStatement(statement);
    if (statement.getWorker()) {
      writer.lines().ofWorker(session.backend, at);
    }
    writer.lines().ofApplication(statement.getApplicationName(), at);
    writer.introduce(statement);
    takeOpenFrames(statement, at);
    windows.open(Phase.UNDETERMINED, at);
    return statement;
  }

  /** The running statement's place in its message's text is known. */
  void placed(int location, int length) {
    OpenStatement statement = session.statement();
    contexts.placed(statement, location, length);
    statement.setTextTruncated(
        statement.getTextTruncated()
            && !SourceSlice.isWhole(state.getMessageText(), location, length));
  }

  /** Functions that a statement begins in, e.g. the message's, are in its trace from there on. */
  private void takeOpenFrames(OpenStatement statement, Reading at) {
    int parent = TraceWriter.ROOT;
    for (OpenFrame frame : state.getFrames()) {
      if (frame.getOrdinal() == TraceWriter.NO_TRACE && !frame.getWindow()) {
        frame.setOrdinal(session.takeOrdinal());
        frame.setParent(parent);
        frame.setOwner(TraceWriter.ROOT);
        frame.setDepth(0);
        frame.setCursor(statement.getCursor());
        frame.setStart(at);
        parent = frame.getOrdinal();
      }
    }
  }

  /** Ends the running statement. */
  void close(Reading end, CloseReason reason) {
    OpenStatement statement = session.statement();
    leaveCalls(end, false);
    beginMayBeUnseen(statement);
    Span root = writer.statementEnd(statement, end);
    suspended.closeEnding(end);
    emitter.last(statement, root, end, reason);
    session.releaseCursor(statement.getCursor());
    state.setStatement(null);
    state.setMark(null);
  }

  /**
   * A Parse, or a Bind of a portal that is run now, may be among what was not seen. An error leaves
   * the functions around the statement without a word, so that it hides which of them were not seen
   * to begin. And where two collectors told of the session, the begin may have been the other's.
   */
  private void beginMayBeUnseen(OpenStatement statement) {
    if (statement.getUnseenBefore()
        && (!statement.getParseSeen()
            || statement.getSqlstate() != null
            || state.getCoveredUntilNs() != 0)) {
      statement.setComplete(false);
    }
  }

  /** Puts the running statement aside until its portal runs again. */
  void suspend(Reading end) {
    OpenStatement statement = session.statement();
    leaveCalls(end, true);
    beginMayBeUnseen(statement);
    emitter.part(statement, end);
    state.setStatement(null);
    state.setMark(null);
    suspended.add(statement);
  }

  /**
   * Ends the running statement, because no more of it belongs to its trace.
   *
   * @return why it ended, which may be known better
   */
  CloseReason closeRunning(CloseReason reason) {
    stack.popAll(null, "");
    CloseReason known = reasonKnown(session.statement(), reason);
    session.statement().setComplete(known != reason && session.statement().getComplete());
    close(session.reading(), known);
    state.getFrames().clear();
    return known;
  }

  /** Ends everything that is open, because nothing more can be known of it. */
  void closeAll(CloseReason reason) {
    suspended.closeAll(reason);
    OpenStatement statement = session.statement();
    if (statement != null) {
      stack.popAll(null, "");
      close(
          session.reading(),
          reason == CloseReason.COLLECTOR_RESTARTED ? reason : reasonKnown(statement, reason));
    }
    state.getFrames().clear();
    lockWaiters.ends(reason == CloseReason.BACKEND_ENDED || reason == CloseReason.COMPLETED);
  }

  /** The session is idle outside a transaction, and has no statement. */
  void transactionOver() {
    lockWaiters.transactionOver();
  }

  /** A statement whose end was seen ended by that, whatever came later. */
  private static CloseReason reasonKnown(OpenStatement statement, CloseReason otherwise) {
    if (statement.getSqlstate() != null) {
      return CloseReason.FAILED;
    }
    boolean ended = statement.getCommandEnded() || statement.getOwnEnd();
    return ended ? CloseReason.COMPLETED : otherwise;
  }

  private void leaveCalls(Reading end, boolean goesOn) {
    stack.backToTopLevel();
    leaveFrames(end);
    windows.close(end, goesOn);
    stack.closeAllNested();
  }

  /** Functions that outlive the statement, e.g. the main loop's, end in its trace where it does. */
  private void leaveFrames(Reading end) {
    for (int i = state.getFrames().size() - 1; i >= 0; i--) {
      OpenFrame frame = state.getFrames().get(i);
      if (frame.getOrdinal() >= 0) {
        stack.closeNestedWithin(frame.getOrdinal());
        writer.function(session.statement(), frame, end, -1);
        frame.setOrdinal(TraceWriter.NO_TRACE);
      }
    }
  }

  /** Remembers that the statement may turn out to end here. */
  void mark() {
    stack.closeAllNested();
    OpenStatement statement = session.statement();
    SplitMark mark = new SplitMark();
    mark.setAt(session.reading());
    mark.setOrdinal(statement.getNextOrdinal());
    mark.setSpans(session.pending.spans().size());
    mark.setRecords(session.pending.records().size());
    mark.setPhase(statement.getCall().getPhase());
    mark.setMisses(statement.getCall().getMisses());
    state.setMark(mark);
  }
}
