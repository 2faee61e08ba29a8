package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Phase;
import io.pgstitch.schema.PortalDefined;
import java.util.List;

/** What the definition, the run and the drop of a portal say of the client's statements. */
final class Portals {
  private final Session session;
  private final OpenSession state;
  private final CallStack stack;
  private final StatementLifecycle lifecycle;
  private final StatementSplits splits;
  private final SuspendedPortals suspended;
  private final TailMove tailMove;
  private final OwnCallWindows windows;
  private final BindPhase bind;

  Portals(
      Session session,
      CallStack stack,
      StatementLifecycle lifecycle,
      StatementSplits splits,
      SuspendedPortals suspended,
      TailMove tailMove,
      OwnCallWindows windows,
      BindPhase bind) {
    this.session = session;
    this.state = session.state;
    this.stack = stack;
    this.lifecycle = lifecycle;
    this.splits = splits;
    this.suspended = suspended;
    this.tailMove = tailMove;
    this.windows = windows;
    this.bind = bind;
  }

  /** Bind, or the same step of a simple Query: the statement's command and place are known. */
  void defined(PortalDefined event, List<String> strings) {
    boolean top = stack.atTopLevel();
    OpenStatement statement = lifecycle.seen();
    if (!top) {
      return;
    }
    if (statement.getCommandEnded()) {
      if (!StatementSplits.endedInMessage(statement)) {
        return;
      }
      statement = splits.afterCommand();
    } else if (statement.getCall().getPhase() == Phase.CLOSE) {
      return;
    } else if (statement.getHasPortal()) {
      statement = splits.atMessage();
    }
    describe(statement, event, strings);
    bind.defines(statement.getStatementName());
    if (statement.getCall().getPhase() == Phase.PARSE) {
      lifecycle.windows().next(Phase.EXEC);
    } else {
      statement.getCall().setPhase(Phase.EXEC);
    }
    state.setMark(null);
  }

  private void describe(OpenStatement statement, PortalDefined event, List<String> strings) {
    statement.setHasPortal(true);
    statement.setPortal(event.getPortal());
    statement.setPortalDropped(false);
    statement.setDefinedInMessage(true);
    statement.setCommandTag(strings.get(event.getCommandTag()));
    statement.setStatementName(strings.get(event.getStatementName()));
    statement.setQueryId(event.getQueryId());
    String source = event.getText() == 0 ? state.getMessageText() : strings.get(event.getText());
    statement.setText(session.slices.of(source, event.getLocation(), event.getLength()));
    lifecycle.placed(event.getLocation(), event.getLength());
  }

  /**
   * A portal runs in the client's message.
   *
   * @return whether it is the running statement's own, which may be one that it resumes
   */
  boolean runs(long portal) {
    OpenStatement statement = lifecycle.seen();
    if (StatementSplits.endedInMessage(statement)) {
      // The definition of the next statement's portal was not seen.
      statement = splits.afterCommand();
    }
    if (statement.getCommandEnded() || statement.getSqlstate() != null) {
      return false;
    }
    boolean own = statement.getHasPortal() && statement.getPortal() == portal;
    if (!own && isOfAnother(statement)) {
      statement = splits.atMessage();
    }
    if (!own && isOfLean(statement) && !suspended.waits(portal)) {
      statement.setPortal(portal);
      own = true;
    }
    if (!own && !adopt(portal)) {
      return false;
    }
    state.setMark(null);
    return windows.portalRuns();
  }

  /**
   * Whether the messages since the statement ran cannot be its own, when a portal runs that is not
   * known to be its: of a portal that was not seen more than an Execute came, or its portal is
   * another.
   */
  private boolean isOfAnother(OpenStatement statement) {
    int messagesOfOwn = statement.getPortal() == 0 ? 1 : 0;
    return statement.getHasPortal()
        && statement.getRan()
        && state.getMark() != null
        && statement.getMessages() > messagesOfOwn;
  }

  /** A statement that was first seen without its portal, which is seen only now. */
  private static boolean isOfLean(OpenStatement statement) {
    return statement.getHasPortal() && statement.getLean() && statement.getPortal() == 0;
  }

  /** Finds the statement whose portal runs, other than the one that the message seemed to be. */
  private boolean adopt(long portal) {
    OpenStatement statement = session.statement();
    if (suspended.waits(portal) && statement.getHasPortal() && state.getMark() != null) {
      statement = splits.atMessage();
    }
    boolean fresh =
        !statement.getHasPortal() && statement.getCalls() == 0 && statement.getParts() == 0;
    if (fresh && suspended.waits(portal)) {
      tailMove.resume(suspended.take(portal));
      return true;
    }
    if (!statement.getHasPortal() && statement.getCall().getPhase() != Phase.CLOSE) {
      // Its Bind was not seen: at level 1 it does not come, else it was lost.
      statement.setHasPortal(true);
      statement.setPortal(portal);
      statement.setDefinedInMessage(statement.getMessages() == 1);
      if (statement.getCall().getPhase() == Phase.PARSE) {
        lifecycle.windows().next(Phase.EXEC);
      }
      statement.setComplete(
          statement.getComplete() && !SessionRules.isDetail(statement.getLevel()));
      return true;
    }
    return false;
  }

  void dropped(long portal) {
    OpenStatement statement = session.statement();
    if (statement != null && statement.getHasPortal() && statement.getPortal() == portal) {
      statement.setPortalDropped(true);
    } else {
      suspended.portalDropped(portal);
    }
  }
}
