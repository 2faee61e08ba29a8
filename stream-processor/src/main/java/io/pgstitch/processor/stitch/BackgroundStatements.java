package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.ProbedFunction;
import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.StatementEntry;
import java.util.List;

/**
 * Statements that a process without a client runs and does not report: each top-level executor or
 * utility command is one.
 */
final class BackgroundStatements {
  private final Session session;
  private final OpenSession state;
  private final CallStack stack;
  private final StatementLifecycle lifecycle;

  BackgroundStatements(Session session, CallStack stack, StatementLifecycle lifecycle) {
    this.session = session;
    this.state = session.state;
    this.stack = stack;
    this.lifecycle = lifecycle;
  }

  /** An executor or a utility command starts; what it runs may be the statement itself. */
  void runs(StatementEntry event, ProbedFunction function, List<String> strings) {
    boolean reported = !state.getMessageText().isEmpty() && !state.getUnreportedText();
    if (!session.isBackground() || reported || event.getText() == 0) {
      return;
    }
    stack.endStatementsBefore(event.getObject());
    if (!stack.atTopLevel() || goesOn(event, function)) {
      return;
    }
    OpenStatement before = session.statement();
    if (before != null) {
      lifecycle.close(session.reading(), CloseReason.COMPLETED);
    }
    state.setMessageText(strings.get(event.getText()));
    state.setMessageTruncated(event.getTextTruncated());
    state.setUnreportedText(true);
    lifecycle.open(session.reading());
  }

  /** A later run of the same executor, as at level 1 each fetch of a cursor is. */
  private boolean goesOn(StatementEntry event, ProbedFunction function) {
    OpenStatement statement = session.statement();
    return function == ProbedFunction.EXECUTOR_RUN
        && statement != null
        && event.getObject() != 0
        && statement.getOwnObject() == event.getObject();
  }
}
