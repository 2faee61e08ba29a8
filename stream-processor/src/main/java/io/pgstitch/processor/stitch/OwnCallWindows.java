package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenCall;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Phase;

/** Cuts the client's own statement into windows where its portal and executor run and end. */
final class OwnCallWindows implements CallStack.OwnCalls {
  private final Session session;
  private final StatementLifecycle lifecycle;
  private final Transactions transactions;
  private final BindPhase bind;

  OwnCallWindows(
      Session session, StatementLifecycle lifecycle, Transactions transactions, BindPhase bind) {
    this.session = session;
    this.lifecycle = lifecycle;
    this.transactions = transactions;
    this.bind = bind;
  }

  /** The statement's portal runs; false when its last window, CLOSE, has begun already. */
  boolean portalRuns() {
    OpenStatement statement = session.statement();
    Phase phase = statement.getCall().getPhase();
    boolean select = isSelect(statement);
    statement.setLean(false);
    if (phase == Phase.UNDETERMINED) {
      statement.getCall().setPhase(select ? Phase.FETCH : Phase.EXEC);
    } else if (select && phase == Phase.EXEC) {
      lifecycle.windows().next(Phase.FETCH);
    }
    return phase != Phase.CLOSE;
  }

  /** The statement's executor runs and no run of its portal was seen, as at level 1. */
  void runsOutsidePortal() {
    OpenStatement statement = session.statement();
    Phase phase = statement.getCall().getPhase();
    boolean select = isSelect(statement);
    statement.setLean(true);
    transactions.statementRuns();
    if (phase == Phase.UNDETERMINED) {
      statement.getCall().setPhase(select ? Phase.FETCH : Phase.EXEC);
    } else if (select && phase == Phase.EXEC) {
      lifecycle.windows().next(Phase.FETCH);
    }
  }

  /** A parallel worker has no portal: its executor's run is the fetch. */
  void workerRuns() {
    OpenStatement statement = session.statement();
    if (statement.getCall().getPhase() == Phase.EXEC && isSelect(statement)) {
      lifecycle.windows().next(Phase.FETCH);
    }
  }

  @Override
  public void portalRunEnded(boolean suspended) {
    // Of a portal that goes on, sending the answer is part of the fetch: nothing is closed.
    if (!suspended) {
      lifecycle.windows().beginClose();
    }
  }

  @Override
  public void executorRan(long rows) {
    OpenStatement statement = session.statement();
    OpenCall call = statement.getCall();
    if (rows >= 0) {
      call.setRows(Math.max(0, call.getRows()) + rows);
    }
    if (rows >= 0 && session.isBackground()) {
      // No command's end will tell it.
      statement.setRows(Math.max(0, statement.getRows()) + rows);
    }
    boolean lastOfSelect =
        statement.getLean() && isSelect(statement) && call.getPhase() == Phase.FETCH;
    if (statement.getWorker() && statement.getLean()) {
      statement.setOwnEnd(true);
    }
    if (statement.getWorker() || lastOfSelect) {
      lifecycle.windows().beginClose();
    }
  }

  @Override
  public void portalStarted() {
    bind.portalStarted();
  }

  private static boolean isSelect(OpenStatement statement) {
    return statement.getCommandTag().equals("SELECT");
  }
}
