package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenCall;
import io.pgstitch.processor.state.OpenFrame;
import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Phase;
import io.pgstitch.processor.state.Reading;

/**
 * The call windows of the running statement, which follow one another without gaps: while one runs,
 * each has one.
 */
final class CallWindows {
  private final Session session;
  private final OpenSession state;
  private final TraceWriter writer;
  private final CallStack stack;
  private final SuspendedPortals suspended;
  private final LastWindow lastWindow;

  CallWindows(Session session, TraceWriter writer, CallStack stack, SuspendedPortals suspended) {
    this.session = session;
    this.state = session.state;
    this.writer = writer;
    this.stack = stack;
    this.suspended = suspended;
    this.lastWindow = new LastWindow(session, writer);
  }

  /** Begins one. */
  void open(Phase phase, Reading at) {
    OpenCall call = new OpenCall();
    call.setPhase(phase);
    call.setOrdinal(session.takeOrdinal());
    call.setStart(at);
    call.setRows(-1);
    session.statement().setCall(call);
  }

  /** Ends the running call window where another begins. */
  void next(Phase phase) {
    close(session.reading());
    open(phase, session.reading());
  }

  /** What runs seems to be over; when its portal turns out to go on, it was not. */
  void beginClose() {
    OpenStatement statement = session.statement();
    OpenCall before = statement.getCall();
    boolean written = close(session.reading(), false);
    open(Phase.CLOSE, session.reading());
    statement.setBeforeClose(written ? before : null);
  }

  /**
   * The client is waited for between two messages. The answer that was sent before is part of what
   * it is the answer to.
   */
  void clientThinks(Reading since, Reading until) {
    OpenStatement statement = session.statement();
    boolean close = statement.getCall().getPhase() == Phase.CLOSE;
    close(since, close && (statement.getBeforeClose() != null || !isDone(statement)));
    open(close && isDone(statement) ? Phase.CLOSE : Phase.UNDETERMINED, until);
    state.setMark(null);
  }

  /** Whether its command has ended or failed. */
  static boolean isDone(OpenStatement statement) {
    return statement.getCommandEnded() || statement.getSqlstate() != null;
  }

  /** Ends the running call window at some moment, now or before; another must follow. */
  void close(Reading end) {
    close(end, false);
  }

  /**
   * The same.
   *
   * @param goesOn whether a CLOSE is known not to be the last window, so that it is none
   * @return whether the window was worth a line
   */
  boolean close(Reading end, boolean goesOn) {
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
}
