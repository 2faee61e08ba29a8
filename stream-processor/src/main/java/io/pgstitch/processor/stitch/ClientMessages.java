package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenCall;
import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Phase;
import io.pgstitch.schema.Activity;
import io.pgstitch.schema.CloseReason;

/**
 * Where statements begin and end by what the session reports of its activity: a message runs, or
 * the client is waited for.
 */
final class ClientMessages {
  private final Session session;
  private final OpenSession state;
  private final StatementLifecycle lifecycle;
  private final SuspendedPortals suspended;
  private final CommandEnds commands;
  private final Transactions transactions;
  private final BindPhase bind;

  ClientMessages(
      Session session,
      StatementLifecycle lifecycle,
      SuspendedPortals suspended,
      CommandEnds commands,
      Transactions transactions,
      BindPhase bind) {
    this.session = session;
    this.state = session.state;
    this.lifecycle = lifecycle;
    this.suspended = suspended;
    this.commands = commands;
    this.transactions = transactions;
    this.bind = bind;
  }

  /** A message begins to run. */
  void running(Activity event, String text, boolean fastpath) {
    OpenStatement statement = session.statement();
    suspended.closeDropped();
    state.setMidway(false);
    transactions.messageRuns();
    if (statement != null && session.isBackground()) {
      // Nobody sends it messages: each report is of other work.
      closeDone(statement);
    } else if (statement != null) {
      if (goesOn(statement, text, event.getTextIdentity())) {
        nextMessage(statement);
        bind.messageRuns(fastpath);
        return;
      }
      endBeforeMessage(statement);
    }
    state.setMessageText(text);
    state.setMessageIdentity(event.getTextIdentity());
    state.setMessageTruncated(event.getTextTruncated());
    state.setUnreportedText(false);
    lifecycle.open(session.reading()).setFastpath(fastpath);
    bind.messageRuns(fastpath);
  }

  /** The same text again: Parse is followed by Bind, or Bind by Execute. */
  private boolean goesOn(OpenStatement statement, String text, long identity) {
    boolean same = text.equals(state.getMessageText()) && identity == state.getMessageIdentity();
    return !CallWindows.isDone(statement) && same && !statement.getBegunBefore();
  }

  private void nextMessage(OpenStatement statement) {
    OpenCall call = statement.getCall();
    Phase before = call.getPhase();
    boolean parsed = !statement.getHasPortal() && before == Phase.PARSE;
    if (parsed || before == Phase.FETCH) {
      lifecycle.windows().next(Phase.UNDETERMINED);
    }
    boolean sameBind =
        state.getMark() != null && statement.getLean() && statement.getMessages() > 0;
    if (!sameBind) {
      // What may turn out to be another Bind of the text began with the first message since a run.
      lifecycle.mark();
    }
    statement.setMessages(statement.getMessages() + 1);
    if (before == Phase.CLOSE) {
      call.setPhase(Phase.UNDETERMINED);
    }
    statement.setDefinedInMessage(false);
  }

  private void endBeforeMessage(OpenStatement statement) {
    if (CallWindows.isDone(statement)) {
      closeDone(statement);
    } else if (statement.getHasPortal()) {
      lifecycle.suspend(session.reading());
    } else {
      boolean begunBefore = statement.getBegunBefore();
      close(begunBefore ? CloseReason.SUPERSEDED : CloseReason.PARSE_ONLY);
    }
  }

  /**
   * The session waits for its client.
   *
   * @param hadXid whether the transaction that has ended wrote, when it has and that was looked at
   */
  void idle(boolean inTransaction, boolean hadXid) {
    bind.over();
    suspended.closeDropped();
    state.setMidway(false);
    if (!inTransaction) {
      commands.idleOutsideTransaction(!hadXid);
    }
    OpenStatement statement = session.statement();
    if (statement != null) {
      endAtIdle(statement, inTransaction);
    }
    if (!inTransaction) {
      lifecycle.transactionOver();
    }
    state.setUnseenBefore(state.getUnseenBefore() && inTransaction);
    state.setAttachedLater(state.getAttachedLater() && inTransaction);
    state.setMessageText("");
    state.setMessageIdentity(0);
    state.setMessageTruncated(false);
    state.setUnreportedText(false);
  }

  private void endAtIdle(OpenStatement statement, boolean inTransaction) {
    boolean ended = statement.getOwnEnd() || statement.getPortalDropped();
    if (CallWindows.isDone(statement) || session.isBackground()) {
      closeDone(statement);
    } else if (statement.getHasPortal() && inTransaction && !ended) {
      lifecycle.suspend(session.reading());
    } else if (ended || statement.getFastpath()) {
      close(CloseReason.COMPLETED);
    } else if (statement.getHasPortal() || statement.getBegunBefore() || statement.getWorker()) {
      close(CloseReason.SUPERSEDED);
    } else {
      close(CloseReason.PARSE_ONLY);
    }
  }

  private void closeDone(OpenStatement statement) {
    close(statement.getSqlstate() != null ? CloseReason.FAILED : CloseReason.COMPLETED);
  }

  private void close(CloseReason reason) {
    lifecycle.close(session.reading(), reason);
  }
}
