package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.CursorText;
import io.pgstitch.processor.state.OpenNested;
import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Phase;
import io.pgstitch.processor.state.ProbedFunction;
import io.pgstitch.schema.StatementEntry;
import java.util.List;

/**
 * Whose executor runs: the client's statement's own, that of a statement inside it, or that of an
 * SQL cursor opened earlier.
 */
final class Executors {
  /** {@code CmdType} of the server. */
  private static final int SELECT = 1;

  private final Session session;
  private final OpenSession state;
  private final CallStack stack;
  private final StatementLifecycle lifecycle;
  private final StatementSplits splits;
  private final SuspendedPortals suspended;
  private final OwnCallWindows windows;
  private final CursorTexts cursorTexts;

  Executors(
      Session session,
      CallStack stack,
      StatementLifecycle lifecycle,
      StatementSplits splits,
      SuspendedPortals suspended,
      OwnCallWindows windows) {
    this.session = session;
    this.state = session.state;
    this.stack = stack;
    this.lifecycle = lifecycle;
    this.splits = splits;
    this.suspended = suspended;
    this.windows = windows;
    this.cursorTexts = new CursorTexts(session);
  }

  /** An executor or a utility command starts: the client's own statement, or one inside it. */
  void started(StatementEntry event, long depth, ProbedFunction function, List<String> strings) {
    OpenStatement statement = lifecycle.seen();
    boolean top = stack.atTopLevel();
    if (top && StatementSplits.endedInMessage(statement)) {
      statement = splits.afterCommand();
    }
    String name = strings.get(event.getFunction());
    boolean utility = function == ProbedFunction.PROCESS_UTILITY;
    if (top && isOwn(statement)) {
      ownStarted(statement, event, utility);
      stack.pushOwn(function, name, depth, event.getObject());
      return;
    }
    CursorText identity = identity(event, utility, strings);
    boolean select = !utility && event.getCommand() == SELECT;
    OpenNested nested = stack.openNested(identity, select, utility);
    stack.pushDriver(nested, Phase.EXEC, function, name, depth);
    if (select && event.getObject() != 0) {
      cursorTexts.remember(identity);
    }
  }

  private boolean isOwn(OpenStatement statement) {
    Phase phase = statement.getCall().getPhase();
    if (statement.getWorker()) {
      return statement.getOwnObject() == 0;
    }
    long portal = stack.portal();
    return statement.getHasPortal()
        && !statement.getCommandEnded()
        && (phase == Phase.EXEC || phase == Phase.FETCH)
        && (portal == 0 || portal == statement.getPortal());
  }

  private static void ownStarted(OpenStatement statement, StatementEntry event, boolean utility) {
    if (!utility) {
      statement.setOwnObject(event.getObject());
    }
    if (statement.getQueryId() == 0) {
      statement.setQueryId(event.getQueryId());
    }
    if (statement.getCall().getPhase() == Phase.UNDETERMINED) {
      statement.getCall().setPhase(Phase.EXEC);
    }
    if (statement.getWorker() && event.getCommand() == SELECT) {
      statement.setCommandTag(tag(SELECT));
    }
  }

  private CursorText identity(StatementEntry event, boolean utility, List<String> strings) {
    CursorText identity = new CursorText();
    identity.setObject(event.getObject());
    String source = event.getText() == 0 ? state.getMessageText() : strings.get(event.getText());
    identity.setText(SourceSlice.of(source, event.getLocation(), event.getLength()));
    identity.setCommandTag(utility ? "" : tag(event.getCommand()));
    identity.setQueryId(event.getQueryId());
    return identity;
  }

  /** ExecutorRun, ExecutorFinish or ExecutorEnd is entered. */
  void entered(ProbedFunction function, String name, long depth, long object) {
    OpenNested nested = stack.nestedOf(object);
    boolean run = function == ProbedFunction.EXECUTOR_RUN;
    boolean end = function == ProbedFunction.EXECUTOR_END;
    OpenStatement statement = session.statement();
    if (nested == null && statement != null && object != 0) {
      if (statement.getOwnObject() == object) {
        ownEntered(statement, run, end);
        stack.pushOwn(function, name, depth, object);
        return;
      }
      if (end && suspended.executorEnded(object)) {
        stack.push(function, name, depth, object);
        return;
      }
      CursorText known = run ? cursorTexts.of(object) : null;
      nested = known == null ? null : stack.openNested(known, true, false);
    }
    if (end && object != 0) {
      cursorTexts.forget(object);
    }
    if (nested == null || (function == ProbedFunction.EXECUTOR_FINISH && nested.getSelect())) {
      stack.push(function, name, depth, object);
    } else {
      Phase phase = end ? Phase.CLOSE : run && nested.getSelect() ? Phase.FETCH : Phase.EXEC;
      stack.pushDriver(nested, phase, function, name, depth);
    }
  }

  private void ownEntered(OpenStatement statement, boolean run, boolean end) {
    statement.setRan(statement.getRan() || run);
    statement.setOwnEnd(
        statement.getOwnEnd() || (end && statement.getRan() && statement.getSqlstate() == null));
    if (run && statement.getWorker()) {
      windows.workerRuns();
    }
  }

  private static String tag(int command) {
    return switch (command) {
      case SELECT -> "SELECT";
      case 2 -> "UPDATE";
      case 3 -> "INSERT";
      case 4 -> "DELETE";
      case 5 -> "MERGE";
      default -> "";
    };
  }
}
