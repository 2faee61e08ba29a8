package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenCall;
import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Phase;
import io.pgstitch.processor.state.ProbedFunction;

/**
 * What the entry of a catalogue function says of the statement, before it is a call like others.
 */
final class FunctionEntries {
  private final OpenSession state;
  private final CallStack stack;
  private final StatementLifecycle lifecycle;
  private final StatementSplits splits;
  private final Portals portals;
  private final Executors executors;

  FunctionEntries(
      Session session,
      CallStack stack,
      StatementLifecycle lifecycle,
      StatementSplits splits,
      Portals portals,
      Executors executors) {
    this.state = session.state;
    this.stack = stack;
    this.lifecycle = lifecycle;
    this.splits = splits;
    this.portals = portals;
    this.executors = executors;
  }

  void entered(ProbedFunction function, String name, long depth, long object) {
    boolean top = stack.atTopLevel();
    if (state.getMidway()) {
      lifecycle.seen();
    }
    switch (function) {
      case PARSE_QUERY -> {
        if (top) {
          parses();
        }
      }
      case ANALYZE, ANALYZE_VARPARAMS, PLANNER -> {
        if (top) {
          analyzesOrPlans(function);
        }
      }
      case PORTAL_RUN -> {
        if (top && portals.runs(object)) {
          stack.pushOwn(function, name, depth, object);
          return;
        }
      }
      case PORTAL_DROP -> {
        portals.dropped(object);
        return;
      }
      case EXECUTOR_RUN, EXECUTOR_FINISH, EXECUTOR_END -> {
        executors.entered(function, name, depth, object);
        return;
      }
      case OTHER, PORTAL_START, EXECUTOR_START, PROCESS_UTILITY -> {}
    }
    stack.push(function, name, depth, object);
  }

  private void parses() {
    OpenStatement statement = lifecycle.seen();
    boolean begun = statement.getHasPortal() || statement.getParseSeen();
    if (state.getMark() != null && !statement.getCommandEnded() && begun) {
      statement = splits.atMessage();
    }
    if (statement.getCall().getPhase() == Phase.UNDETERMINED) {
      statement.getCall().setPhase(Phase.PARSE);
    }
    statement.setParseSeen(true);
  }

  private void analyzesOrPlans(ProbedFunction function) {
    OpenStatement statement = lifecycle.seen();
    if (StatementSplits.endedInMessage(statement)) {
      statement = splits.afterCommand();
    }
    OpenCall call = statement.getCall();
    if (function == ProbedFunction.ANALYZE_VARPARAMS && !statement.getHasPortal()) {
      statement.setKeptAsPrepared(true);
    }
    if (function == ProbedFunction.PLANNER
        && call.getPhase() != Phase.CLOSE
        && call.getPhase() != Phase.FETCH) {
      call.setMisses(1);
    }
  }
}
