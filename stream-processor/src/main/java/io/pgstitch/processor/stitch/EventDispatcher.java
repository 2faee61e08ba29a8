package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.ProbedFunction;
import io.pgstitch.schema.Activity;
import io.pgstitch.schema.ActivityState;
import io.pgstitch.schema.BackendEnd;
import io.pgstitch.schema.BindsBound;
import io.pgstitch.schema.BufferDelta;
import io.pgstitch.schema.CommandEnd;
import io.pgstitch.schema.ErrorReported;
import io.pgstitch.schema.ErrorThrown;
import io.pgstitch.schema.FunctionEntry;
import io.pgstitch.schema.FunctionExit;
import io.pgstitch.schema.PlanCaptured;
import io.pgstitch.schema.PortalDefined;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SettingChanged;
import io.pgstitch.schema.StatementEntry;
import io.pgstitch.schema.TransactionEnd;
import io.pgstitch.schema.Wait;
import io.pgstitch.schema.WorkerLaunched;
import java.util.List;

/**
 * Takes the events of a batch: each moves the clock and the call stack, then goes to the rules of
 * its kind.
 *
 * <p>What the end of the process closes is {@link SessionStitcher}'s.
 */
final class EventDispatcher {
  /** Above every address of a process: depths counted from it are positive. */
  private static final long STACK_TOP = 1L << 56;

  private final Session session;
  private final SessionClock clock;
  private final CallStack stack;
  private final SessionRules rules;
  private List<String> strings;
  private ProbedFunctions functions;
  private long stackShift;

  EventDispatcher(Session session, CallStack stack, SessionRules rules) {
    this.session = session;
    this.clock = new SessionClock(session);
    this.stack = stack;
    this.rules = rules;
  }

  /**
   * The events that follow are of this batch.
   *
   * @param baseNs time from which the first of them counts
   */
  void begin(RawEventBatch batch, long baseNs) {
    strings = batch.getStrings();
    functions = new ProbedFunctions(strings);
    stackShift = STACK_TOP - batch.getStackBase();
    clock.startAt(baseNs);
  }

  /** Takes one event. Ordered by how often they come. */
  void take(Object event) {
    if (event instanceof FunctionEntry e) {
      clock.advance(e.getDeltaNs(), e.getCpuDeltaNs());
      long depth = depth(e.getStack());
      stack.entered(depth);
      ProbedFunction function = functions.of(e.getFunction());
      if (function != ProbedFunction.WORKERS_DESTROYED && function != ProbedFunction.PROCESS_EXIT) {
        rules.transactions().detailSeen();
      }
      String name = strings.get(e.getFunction());
      rules.functions().entered(function, name, depth, e.getObject());
    } else if (event instanceof FunctionExit e) {
      clock.advance(e.getDeltaNs(), e.getCpuDeltaNs());
      if (e.getLate()) {
        UnseenReturns.mark(session);
      }
      stack.exited(strings.get(e.getFunction()), depth(e.getStack()), e.getRows());
    } else if (event instanceof BufferDelta e) {
      session.addBlocks(e.getUsage());
      session.addWal(e.getWal());
    } else if (event instanceof Wait e) {
      long cpuNs = Math.max(0, e.getCpuDeltaNs() - e.getCpuNs());
      long lengthNs = clock.advanceByWait(e.getDeltaNs(), cpuNs, e.getDurationNs());
      rules.waits().ended(e, lengthNs, strings);
    } else if (event instanceof StatementEntry e) {
      clock.advance(e.getDeltaNs(), e.getCpuDeltaNs());
      long depth = depth(e.getStack());
      boolean afterError = stack.hasThrown();
      stack.entered(depth);
      ProbedFunction function = functions.of(e.getFunction());
      if (function == ProbedFunction.PLANNER) {
        rules.transactions().detailSeen();
        rules.plannings().entered(e, depth, afterError, strings);
      } else {
        rules.executors().started(e, depth, function, strings);
      }
    } else if (event instanceof Activity e) {
      clock.advance(e.getDeltaNs(), e.getCpuDeltaNs());
      activity(e);
    } else if (event instanceof PortalDefined e) {
      clock.advance(e.getDeltaNs(), e.getCpuDeltaNs());
      stack.entered(depth(e.getStack()));
      rules.transactions().detailSeen();
      rules.portals().defined(e, strings);
    } else if (event instanceof CommandEnd e) {
      clock.advance(e.getDeltaNs(), e.getCpuDeltaNs());
      stack.enteredFromMainLoop(depth(e.getStack()));
      rules.commands().done(e, strings);
    } else if (event instanceof TransactionEnd e) {
      clock.advance(e.getDeltaNs(), e.getCpuDeltaNs());
      rules.commands().transactionEnded(e.getCommitted(), e.getReadOnly());
    } else if (event instanceof ErrorReported e) {
      clock.advance(e.getDeltaNs(), e.getCpuDeltaNs());
      rules.commands().failed(e);
    } else if (event instanceof ErrorThrown e) {
      clock.advance(e.getDeltaNs(), e.getCpuDeltaNs());
      stack.thrown(e.getSqlstate());
    } else if (event instanceof SettingChanged e) {
      clock.advance(e.getDeltaNs(), e.getCpuDeltaNs());
      rules.settings().changed(e, strings);
    } else if (event instanceof BindsBound e) {
      clock.advance(e.getDeltaNs(), e.getCpuDeltaNs());
      rules.binds().bound(e);
    } else if (event instanceof PlanCaptured e) {
      clock.advance(e.getDeltaNs(), e.getCpuDeltaNs());
      stack.entered(depth(e.getStack()));
      rules.plans().captured(e);
    } else if (event instanceof WorkerLaunched e) {
      clock.advance(e.getDeltaNs(), e.getCpuDeltaNs());
      stack.entered(depth(e.getStack()));
      rules.functions().workerLaunched(e);
    } else if (event instanceof BackendEnd e) {
      clock.advance(e.getDeltaNs(), e.getCpuDeltaNs());
    } else {
      throw new IllegalArgumentException(
          "event " + event.getClass().getName() + " is not known to this version of the processor");
    }
  }

  private void activity(Activity event) {
    long depth = depth(event.getStack());
    switch (event.getState()) {
      case RUNNING -> {
        stack.enteredFromMainLoop(depth);
        rules.messages().running(event, text(event), false);
      }
      case FASTPATH -> {
        stack.enteredFromMainLoop(depth);
        rules.messages().running(event, text(event), true);
      }
      case IDLE -> {
        stack.enteredFromMainLoop(depth);
        rules.messages().idle(false, event.getHadXid());
      }
      case IDLE_IN_TRANSACTION, IDLE_IN_ABORTED_TRANSACTION -> {
        stack.enteredFromMainLoop(depth);
        rules
            .transactions()
            .idleInside(event.getState() == ActivityState.IDLE_IN_ABORTED_TRANSACTION);
        rules.messages().idle(true, event.getHadXid());
      }
      case DISABLED, STARTING, UNKNOWN -> stack.entered(depth);
    }
  }

  private String text(Activity event) {
    return strings.get(event.getText());
  }

  /**
   * Stack depth that can be compared across batches, each of which counts from a base of its own.
   */
  private long depth(int offset) {
    return stackShift + offset;
  }
}
