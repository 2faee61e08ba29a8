package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.BindNow;
import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Phase;
import io.pgstitch.schema.CommandEnd;
import io.pgstitch.schema.ErrorReported;
import java.util.List;

/** How commands end: done, failed, or with their transaction. */
final class CommandEnds {
  private final Session session;
  private final OpenSession state;
  private final CallStack stack;
  private final TraceWriter writer;
  private final StatementLifecycle lifecycle;
  private final SuspendedPortals suspended;
  private final Transactions transactions;
  private final SessionSettings settings;
  private final BindPhase bind;

  CommandEnds(
      Session session,
      CallStack stack,
      TraceWriter writer,
      StatementLifecycle lifecycle,
      SuspendedPortals suspended,
      Transactions transactions,
      SessionSettings settings,
      BindPhase bind) {
    this.session = session;
    this.state = session.state;
    this.stack = stack;
    this.writer = writer;
    this.lifecycle = lifecycle;
    this.suspended = suspended;
    this.transactions = transactions;
    this.settings = settings;
    this.bind = bind;
  }

  /** A command is done; its statement goes on to the next activity report. */
  void done(CommandEnd event, List<String> strings) {
    if (!stack.atTopLevel()) {
      return;
    }
    suspended.closeDropped();
    OpenStatement statement = lifecycle.seen();
    statement.setCommandEnded(true);
    statement.setCommandTag(strings.get(event.getCommandTag()));
    statement.setRows(event.getRows());
    if (statement.getCall().getPhase() != Phase.CLOSE) {
      lifecycle.windows().beginClose();
    }
    writer.rowsOfLastExec(statement, event.getRows());
    state.setMark(null);
    transactions.commandDone(statement.getCommandTag());
    settings.commandDone(statement.getCommandTag(), statement.getText());
    if (StatementSplits.endedInMessage(statement)) {
      lifecycle.mark();
    }
  }

  void transactionEnded(boolean committed, boolean readOnly) {
    suspended.closeDropped();
    transactions.ended();
    settings.transactionEnded(committed);
    if (committed) {
      endExecutors();
    }
    suspended.transactionEnded();
    writer.lines().transactionEnd(committed, readOnly);
  }

  /** The session is idle and in no transaction; that the last one ended may not have been seen. */
  void idleOutsideTransaction(boolean readOnly) {
    boolean committed = transactions.lastCommitted();
    if (transactions.endWasNotSeen()) {
      if (committed) {
        endExecutors();
      }
      writer.lines().transactionEnd(committed, readOnly);
    }
    transactions.idle();
    settings.transactionEnded(committed);
    suspended.transactionEnded();
  }

  /** A portal that was not fetched to its end ends, and its executor with it, at the commit. */
  private void endExecutors() {
    suspended.committed();
    OpenStatement statement = session.statement();
    if (statement != null && statement.getLean() && statement.getRan()) {
      statement.setOwnEnd(statement.getOwnEnd() || statement.getSqlstate() == null);
    }
  }

  /** An error was reported: everything that runs is left. */
  void failed(ErrorReported error) {
    String sqlstate = error.getSqlstate();
    String message = error.getMessage();
    state.setThrown(null);
    OpenStatement statement = session.statement();
    transactions.failed();
    BindNow binding = bind.take();
    if (statement == null) {
      writer.lines().error(0, error);
      return;
    }
    statement.setSqlstate(sqlstate);
    statement.setErrorMessage(message);
    statement.setErrorDetail(error.getDetail());
    statement.setErrorHint(error.getHint());
    stack.popAll(sqlstate, message);
    boolean inBind = bind.left(binding, sqlstate, message);
    if (!inBind && transactions.failedBeforeRun()) {
      statement.getCall().setPhase(Phase.PARSE);
    }
    lifecycle.windows().close(session.reading());
    writer.lines().error(statement.getCursor(), error);
    lifecycle.windows().open(Phase.CLOSE, session.reading());
    statement.setBeforeClose(null);
    state.setMark(null);
  }
}
