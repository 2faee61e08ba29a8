package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenCall;
import io.pgstitch.processor.state.OpenFrame;
import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Phase;
import io.pgstitch.processor.state.Reading;
import io.pgstitch.processor.state.SplitMark;
import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.Span;
import java.util.BitSet;

/** Opens, suspends and closes the client's statements and their call windows. */
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
  private final LastWindow lastWindow;

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
    this.lastWindow = new LastWindow(session, writer);
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
    long startNs = at.getTimeNs();
    state.setSameStart(startNs == state.getLastStartNs() ? state.getSameStart() + 1 : 0);
    state.setLastStartNs(startNs);
    OpenStatement statement = new OpenStatement();
    statement.setTraceHigh(session.ids.high(startNs, state.getSameStart()));
    statement.setTraceLow(session.ids.low(startNs, state.getSameStart()));
    statement.setStart(at);
    statement.setLevel(state.getLevel());
    statement.setCursor(session.takeCursorOutside(takenCursors));
    statement.setText(state.getMessageText());
    statement.setTextTruncated(state.getMessageTruncated());
    statement.setStatementName("");
    statement.setCommandTag("");
    statement.setErrorMessage("");
    statement.setErrorDetail("");
    statement.setErrorHint("");
    statement.setApplicationName(SessionSettings.applicationName(session));
    statement.setRows(-1);
    statement.setBegunBefore(state.getMidway() && state.getBegunBefore());
    statement.setComplete(!state.getMidway() && state.getLostPending() == 0);
    statement.setUnseenBefore(state.getUnseenBefore());
    statement.setLostEvents(state.getLostPending());
    statement.setWorker(session.backend.getKind() == BackendKind.PARALLEL_WORKER);
    statement.setBlocks(Readings.none());
    statement.setWal(Readings.noWal());
    statement.setCloseWal(Readings.noWal());
    statement.setCloseBlocks(Readings.none());
    statement.setNextOrdinal(1);
    statement.setRowsRecord(-1);
    statement.setRowsSpan(-1);
    statement.setMessages(1);
    statement.setSourceHash(hash(state.getMessageText(), state.getMessageIdentity()));
    statement.setLosses(state.getPendingLosses());
    statement.setContinues(state.getMidway() ? state.getContinues() : null);
    state.setContinues(null);
    state.setPendingLosses(null);
    contexts.begin(statement);
    // Each trace's records can be read without those before them.
    state.getToldFiles().clear();
    state.setLostPending(0);
    state.setMark(null);
    state.setStatement(statement);
    if (statement.getWorker()) {
      writer.lines().ofWorker(session.backend, at);
    }
    writer.lines().ofApplication(statement.getApplicationName(), at);
    writer.introduce(statement);
    takeOpenFrames(statement, at);
    openCall(Phase.UNDETERMINED, at);
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

  /** Of a message's text, to know it again: 64 bits, as two texts may share 32. */
  static long hash(String text, long identity) {
    long hash = text.length() ^ identity;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash * 0x100000001B3L) ^ text.charAt(i);
    }
    return hash;
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

  void openCall(Phase phase, Reading at) {
    OpenCall call = new OpenCall();
    call.setPhase(phase);
    call.setOrdinal(session.takeOrdinal());
    call.setStart(at);
    call.setRows(-1);
    session.statement().setCall(call);
  }

  /** Ends the running call window where another begins. */
  void nextCall(Phase phase) {
    closeCall(session.reading());
    openCall(phase, session.reading());
  }

  /** What runs seems to be over; when its portal turns out to go on, it was not. */
  void beginClose() {
    OpenStatement statement = session.statement();
    OpenCall before = statement.getCall();
    boolean written = closeCall(session.reading(), false);
    openCall(Phase.CLOSE, session.reading());
    statement.setBeforeClose(written ? before : null);
  }

  /**
   * The client is waited for between two messages. The answer that was sent before is part of what
   * it is the answer to.
   */
  void clientThinks(Reading since, Reading until) {
    OpenStatement statement = session.statement();
    boolean close = statement.getCall().getPhase() == Phase.CLOSE;
    closeCall(since, close && (statement.getBeforeClose() != null || !isDone(statement)));
    openCall(close && isDone(statement) ? Phase.CLOSE : Phase.UNDETERMINED, until);
    state.setMark(null);
  }

  /** Whether its command has ended or failed. */
  static boolean isDone(OpenStatement statement) {
    return statement.getCommandEnded() || statement.getSqlstate() != null;
  }

  /** Ends the running call window at some moment, now or before; another must follow. */
  void closeCall(Reading end) {
    closeCall(end, false);
  }

  /**
   * The same.
   *
   * @param goesOn whether a CLOSE is known not to be the last window, so that it is none
   * @return whether the window was worth a line
   */
  private boolean closeCall(Reading end, boolean goesOn) {
    OpenStatement statement = session.statement();
    OpenCall call = statement.getCall();
    stack.closeNestedWithin(call.getOrdinal());
    boolean undetermined = call.getPhase() == Phase.UNDETERMINED;
    boolean empty =
        call.getStart().getTimeNs() == end.getTimeNs()
            && call.getStart().getCpuNs() == end.getCpuNs()
            && statement.getNextOrdinal() == call.getOrdinal() + 1;
    boolean written = !undetermined || !empty;
    if (written) {
      // A call that spans two windows belongs to the statement itself.
      for (OpenFrame frame : state.getFrames()) {
        if (frame.getOrdinal() >= 0 && frame.getParent() == call.getOrdinal()) {
          frame.setParent(TraceWriter.ROOT);
        }
      }
      call.setPhase(undetermined ? guess(statement) : call.getPhase());
      if (goesOn && call.getPhase() == Phase.CLOSE) {
        lastWindow.goesOn(statement, call, end);
      } else {
        writer.callEnd(statement, call, call.getPhase(), end);
      }
    }
    if (goesOn || call.getPhase() != Phase.CLOSE) {
      suspended.closeEnding(end);
    }
    statement.setCall(null);
    return written;
  }

  /**
   * Nothing said what an undetermined window was: all that a statement does before a portal is
   * parse.
   */
  private Phase guess(OpenStatement statement) {
    boolean parse =
        !statement.getHasPortal()
            && statement.getSqlstate() == null
            && !statement.getBegunBefore()
            && !statement.getWorker()
            && !session.isBackground()
            && !statement.getFastpath();
    return parse ? Phase.PARSE : Phase.EXEC;
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
    closeCall(end, goesOn);
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
