package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Phase;

/**
 * Whether a transaction ended without an event of its own, as at level 1, and how: it committed
 * unless its last message failed or its last command was a ROLLBACK, which is also the tag of a
 * COMMIT that could not be.
 */
final class Transactions {
  private final Session session;
  private final OpenSession state;

  Transactions(Session session) {
    this.session = session;
    this.state = session.state;
  }

  void messageRuns() {
    state.setTransactionOpen(!state.getAborted());
    state.setDetailSeen(false);
  }

  /** A statement of the client runs, in a transaction that follows one whose end was seen. */
  void statementRuns() {
    state.setTransactionOpen(!state.getAborted());
  }

  /** An event came that does not come at level 1. */
  void detailSeen() {
    state.setDetailSeen(true);
  }

  void commandDone(String tag) {
    state.setRolledBack(tag.equals("ROLLBACK"));
  }

  void failed() {
    state.setRolledBack(true);
  }

  /** The end was seen. */
  void ended() {
    state.setTransactionOpen(false);
  }

  /** The session is idle, and its transaction goes on. */
  void idleInside(boolean aborted) {
    state.setAborted(aborted && !state.getTransactionOpen());
  }

  boolean lastCommitted() {
    return !state.getRolledBack();
  }

  /** Asked when the session is idle outside a transaction. */
  boolean endWasNotSeen() {
    return state.getTransactionOpen();
  }

  void idle() {
    state.setTransactionOpen(false);
    state.setAborted(false);
    state.setRolledBack(false);
    state.setDetailSeen(false);
  }

  /** Whether the running statement's first message failed where only level 1 looked on. */
  boolean failedBeforeRun() {
    OpenStatement statement = session.statement();
    return !state.getDetailSeen()
        && !statement.getHasPortal()
        && !statement.getBegunBefore()
        && !statement.getWorker()
        && !statement.getFastpath()
        && statement.getMessages() == 1
        && statement.getCall().getPhase() == Phase.UNDETERMINED;
  }
}
