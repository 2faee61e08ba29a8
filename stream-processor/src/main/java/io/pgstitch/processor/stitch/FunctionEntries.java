package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenCall;
import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Phase;
import io.pgstitch.processor.state.ProbedFunction;
import io.pgstitch.schema.WorkerLaunched;

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
  private final WorkerLaunches launches;
  private final BindPhase bind;

  FunctionEntries(
      Session session,
      CallStack stack,
      StatementLifecycle lifecycle,
      StatementSplits splits,
      Portals portals,
      Executors executors,
      WorkerLaunches launches,
      BindPhase bind) {
    this.state = session.state;
    this.stack = stack;
    this.lifecycle = lifecycle;
    this.splits = splits;
    this.portals = portals;
    this.executors = executors;
    this.launches = launches;
    this.bind = bind;
  }

  void entered(ProbedFunction function, String name, long depth, long object) {
    if (function == ProbedFunction.PORTAL_RUN) {
      stack.endStatementsBeforePortal();
    }
    boolean top = stack.atTopLevel();
    if (state.getMidway()) {
      lifecycle.seen();
    }
    switch (function) {
      case PARSE_QUERY -> {
        if (top) {
          bind.parses();
          parses();
        }
      }
      case ANALYZE, ANALYZE_VARPARAMS, PLANNER -> {
        if (top) {
          analyzesOrPlans(function);
        }
      }
      case PORTAL_RUN -> {
        if (top) {
          bind.portalRuns();
        }
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
      case WORKERS_DESTROYED -> {
        launches.destroyed(object);
        return;
      }
      case PROCESS_EXIT -> {
        return;
      }
      case OTHER, PORTAL_START, EXECUTOR_START, PROCESS_UTILITY -> {}
    }
    stack.push(function, name, depth, object);
  }

  /** The running statement, or one inside it, has launched a parallel worker. */
  void workerLaunched(WorkerLaunched event) {
    launches.launched(event, lifecycle.seen());
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
    if (function == ProbedFunction.PLANNER) {
      bind.plans();
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
