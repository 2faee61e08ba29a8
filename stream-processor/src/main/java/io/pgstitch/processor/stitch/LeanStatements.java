package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenCall;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Phase;
import io.pgstitch.schema.StatementEntry;

/**
 * The client's statements as level 1 shows them: no portal is seen, the first sight is that the
 * executor runs or a utility command begins. docs/decisions/0012 explains what is known then.
 */
final class LeanStatements {
  /** Bind and Execute: of a prepared statement. One is a simple Query, three have a Parse too. */
  private static final int MESSAGES_OF_PREPARED = 2;

  private final Session session;
  private final CallStack stack;
  private final StatementLifecycle lifecycle;
  private final StatementSplits splits;
  private final SuspendedPortals suspended;
  private final TailMove tailMove;
  private final Transactions transactions;

  LeanStatements(
      Session session,
      CallStack stack,
      StatementLifecycle lifecycle,
      StatementSplits splits,
      SuspendedPortals suspended,
      TailMove tailMove,
      Transactions transactions) {
    this.session = session;
    this.stack = stack;
    this.lifecycle = lifecycle;
    this.splits = splits;
    this.suspended = suspended;
    this.tailMove = tailMove;
    this.transactions = transactions;
  }

  /** Whether the running message's own statement may begin here. */
  boolean mayBegin() {
    OpenStatement statement = session.statement();
    Phase phase = statement.getCall().getPhase();
    boolean client =
        !statement.getWorker() && !statement.getFastpath() && !statement.getBegunBefore();
    boolean place =
        phase == Phase.UNDETERMINED || (phase == Phase.PARSE && !statement.getHasPortal());
    return client
        && place
        && !statement.getCommandEnded()
        && statement.getSqlstate() == null
        && !stack.inPortalRun();
  }

  /**
   * Goes on with the suspended statement whose executor this is, when one message alone was seen of
   * its text: a Bind before it would mean another portal, which may have the same address.
   */
  boolean resume(long object) {
    OpenStatement statement = session.statement();
    if (statement.getHasPortal()) {
      // It ran before: these messages are of another portal of its text.
      statement = splits.atMessage();
    }
    boolean fresh =
        !statement.getHasPortal() && statement.getCalls() == 0 && statement.getParts() == 0;
    long hash = statement.getSourceHash();
    if (!fresh || statement.getMessages() != 1 || !suspended.waits(object, hash)) {
      return false;
    }
    tailMove.resume(suspended.take(object, hash));
    return true;
  }

  /**
   * As {@link #resume} where the portal's run was seen, for the first time: what it seemed to begin
   * goes on.
   */
  boolean resumeInPortal(long object) {
    OpenStatement statement = session.statement();
    boolean fresh =
        statement.getHasPortal()
            && statement.getPortal() == stack.portal()
            && statement.getPortal() != 0
            && statement.getOwnObject() == 0
            && statement.getCalls() == 0
            && statement.getParts() == 0;
    long hash = statement.getSourceHash();
    if (!fresh || statement.getMessages() != 1 || !suspended.waits(object, hash)) {
      return false;
    }
    statement.getCall().setPhase(Phase.UNDETERMINED);
    OpenStatement resumed = suspended.take(object, hash);
    resumed.setPortal(statement.getPortal());
    tailMove.resume(resumed);
    return true;
  }

  /**
   * Begins the statement.
   *
   * @param tag of its command, empty for a utility command
   */
  OpenStatement begin(StatementEntry event, String tag, boolean utility) {
    OpenStatement statement = session.statement();
    if (statement.getHasPortal()) {
      statement = splits.atMessage();
    }
    transactions.statementRuns();
    describe(statement, event, tag, utility);
    OpenCall call = statement.getCall();
    if (statement.getMessages() == MESSAGES_OF_PREPARED && call.getPhase() != Phase.PARSE) {
      call.setPhase(Phase.EXEC);
    } else {
      call.setPhase(Phase.PARSE);
      call.setMisses(utility ? call.getMisses() : 1);
      lifecycle.windows().next(Phase.EXEC);
    }
    session.state.setMark(null);
    return statement;
  }

  private void describe(
      OpenStatement statement, StatementEntry event, String tag, boolean utility) {
    statement.setHasPortal(true);
    statement.setPortal(stack.portal());
    statement.setPortalDropped(false);
    statement.setLean(true);
    statement.setLeanUtility(utility);
    statement.setDefinedInMessage(statement.getMessages() == 1);
    statement.setCommandTag(tag);
    statement.setQueryId(event.getQueryId());
    statement.setOwnObject(event.getObject());
    String source = session.state.getMessageText();
    statement.setText(session.slices.of(source, event.getLocation(), event.getLength()));
    lifecycle.placed(event.getLocation(), event.getLength());
  }
}
