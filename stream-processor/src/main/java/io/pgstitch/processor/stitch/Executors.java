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
  static final int SELECT = 1;

  private final Session session;
  private final OpenSession state;
  private final CallStack stack;
  private final StatementLifecycle lifecycle;
  private final StatementSplits splits;
  private final SuspendedPortals suspended;
  private final OwnCallWindows windows;
  private final CursorTexts cursorTexts;
  private final LeanStatements leanStatements;
  private final BackgroundStatements background;

  Executors(
      Session session,
      CallStack stack,
      StatementLifecycle lifecycle,
      StatementSplits splits,
      SuspendedPortals suspended,
      OwnCallWindows windows,
      LeanStatements leanStatements) {
    this.session = session;
    this.state = session.state;
    this.stack = stack;
    this.lifecycle = lifecycle;
    this.splits = splits;
    this.suspended = suspended;
    this.windows = windows;
    this.cursorTexts = new CursorTexts(session);
    this.leanStatements = leanStatements;
    this.background = new BackgroundStatements(session, stack, lifecycle);
  }

  /** An executor or a utility command starts: the client's own statement, or one inside it. */
  void started(StatementEntry event, long depth, ProbedFunction function, List<String> strings) {
    background.runs(event, function, strings);
    OpenStatement statement = lifecycle.seen();
    boolean ofMessage = isOfMessage(event, strings);
    if (function != ProbedFunction.EXECUTOR_START) {
      stack.endStatementsBefore(event.getObject());
    }
    // A start may lie inside planning, with a text that is the same; with the message's own, it is
    // the message's statement.
    if (ofMessage && (function != ProbedFunction.EXECUTOR_START || event.getText() == 0)) {
      stack.leaveParsing();
    }
    boolean top = stack.atTopLevel();
    if (top && StatementSplits.endedInMessage(statement) && (ofMessage || !statement.getLean())) {
      statement = splits.afterCommand();
    }
    String name = strings.get(event.getFunction());
    boolean utility = function == ProbedFunction.PROCESS_UTILITY;
    boolean run = function == ProbedFunction.EXECUTOR_RUN;
    CursorText identity = identity(event, utility, strings);
    if (run && isKnown(statement, identity)) {
      entered(function, name, depth, event.getObject());
      return;
    }
    if (run && top && ofMessage && leanStatements.resumeInPortal(event.getObject())) {
      windows.portalRuns();
      ownEntered(session.statement(), true, false);
      stack.pushOwn(function, name, depth, event.getObject());
      return;
    }
    if (top && ofMessage && leanStatements.mayBegin()) {
      ownSeenFirst(event, function, utility);
      stack.pushOwn(function, name, depth, event.getObject());
      return;
    }
    if (run) {
      suspended.descriptorRunsAnew(event.getObject(), statement.getSourceHash());
    }
    // Without their starts, runs of a trigger's statements are seen right in the portal's run.
    boolean mayHaveOtherText = !run && !statement.getLean();
    if (top && isOwn(statement) && (ofMessage || statement.getWorker() || mayHaveOtherText)) {
      // A SELECT has one executor: another means that some portal was taken for its.
      boolean moreThanOneRan = statement.getRan() && statement.getCommandTag().equals("SELECT");
      ownStarted(statement, event, utility);
      if (run) {
        statement.setLean(statement.getWorker() || statement.getLean());
        if (stack.portal() != 0) {
          windows.portalRuns();
        }
        if (moreThanOneRan) {
          statement.setComplete(false);
        }
        ownEntered(statement, true, false);
      }
      stack.pushOwn(function, name, depth, event.getObject());
      return;
    }
    boolean select = !utility && event.getCommand() == SELECT;
    OpenNested planned = utility ? null : stack.takePlanned(identity, select);
    OpenNested nested = planned == null ? stack.openNested(identity, select, utility) : planned;
    if (run) {
      nested.setLean(true);
      if (select) {
        stack.windowOfNoLength(nested, Phase.EXEC);
      }
    }
    stack.pushDriver(nested, run && select ? Phase.FETCH : Phase.EXEC, function, name, depth);
    if (!run && select && event.getObject() != 0) {
      cursorTexts.remember(identity);
    }
  }

  /** Whether it works for the text that the client's message brought, and not for another. */
  private boolean isOfMessage(StatementEntry event, List<String> strings) {
    return event.getText() == 0
        || (event.getTextIdentity() == state.getMessageIdentity()
            && strings.get(event.getText()).equals(state.getMessageText()));
  }

  /** Whether the executor that runs was seen before, so that its entry says nothing new. */
  private boolean isKnown(OpenStatement statement, CursorText identity) {
    long object = identity.getObject();
    OpenNested nested = stack.nestedOf(object);
    if (nested != null) {
      // An address is used again: another text is another statement.
      return nested.getText().equals(identity.getText());
    }
    return object != 0
        && statement.getOwnObject() == object
        && !statement.getCommandEnded()
        && (!statement.getRan() || statement.getMessages() <= 1);
  }

  /** The client's own statement, of whose portal nothing was seen, or its next Execute. */
  private void ownSeenFirst(StatementEntry event, ProbedFunction function, boolean utility) {
    boolean run = function == ProbedFunction.EXECUTOR_RUN;
    if (run && leanStatements.resume(event.getObject())) {
      ownEntered(session.statement(), true, false);
      return;
    }
    if (run) {
      suspended.descriptorRunsAnew(event.getObject(), session.statement().getSourceHash());
    }
    OpenStatement statement = leanStatements.begin(event, tag(event.getCommand()), utility);
    if (run) {
      ownEntered(statement, true, false);
    }
  }

  private boolean isOwn(OpenStatement statement) {
    Phase phase = statement.getCall().getPhase();
    if (statement.getWorker()) {
      return statement.getOwnObject() == 0;
    }
    if (statement.getLeanUtility()) {
      return false;
    }
    long portal = stack.portal();
    return statement.getHasPortal()
        && !statement.getCommandEnded()
        && (phase == Phase.EXEC || phase == Phase.FETCH)
        && (portal == 0 || portal == statement.getPortal());
  }

  private void ownStarted(OpenStatement statement, StatementEntry event, boolean utility) {
    if (!utility) {
      statement.setOwnObject(event.getObject());
      if (statement.getCommandTag().isEmpty()) {
        statement.setCommandTag(tag(event.getCommand()));
      }
    }
    if (event.getLocation() >= 0 && statement.getText().equals(state.getMessageText())) {
      // The definition of its portal was not seen.
      statement.setText(
          session.slices.of(statement.getText(), event.getLocation(), event.getLength()));
      lifecycle.placed(event.getLocation(), event.getLength());
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
    identity.setText(session.slices.of(source, event.getLocation(), event.getLength()));
    boolean cut = event.getText() == 0 ? state.getMessageTruncated() : event.getTextTruncated();
    identity.setTextTruncated(
        cut && !SourceSlice.isWhole(source, event.getLocation(), event.getLength()));
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
      if (run && nested == null) {
        session.unseenPart(); // whose it is: a cursor's declaration was not seen
      }
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
    if (run) {
      statement.setMessages(0);
    }
    if (run && statement.getWorker()) {
      windows.workerRuns();
    } else if (run && stack.portal() == 0) {
      windows.runsOutsidePortal();
    }
  }

  /** The command tag of a {@code CmdType}, empty for a utility. */
  static String tag(int command) {
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
