package io.pgstitch.collector.encode;

import io.pgstitch.bpf.KernelEvent;
import io.pgstitch.bpf.Levels;
import io.pgstitch.schema.ActivityState;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.HolderSight;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;

/** What one backend does, as those are told who wait for a lock that it holds. */
final class HolderView {
  /** A longer text is not sent a second time. */
  private static final int LONGEST_TEXT = 64 * 1024;

  private static final byte[] NO_TEXT = {};
  private static final int IDLE = ordinal(ActivityState.IDLE);
  private static final int UNKNOWN = ordinal(ActivityState.UNKNOWN);
  private static final Pattern TRACE_PARENT =
      Pattern.compile("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");

  private final Backend backend;
  private final EventNames names;
  private final RunningStatement statement;
  private byte[] text = NO_TEXT;
  private long textIdentity;
  private int state = UNKNOWN;
  private boolean contextSet;
  private int level;

  HolderView(Backend backend, EventNames names) {
    this.backend = backend;
    this.names = names;
    this.statement = new RunningStatement(backend.getKind() == BackendKind.CLIENT);
    this.contextSet = TRACE_PARENT.matcher(backend.getApplicationName()).find();
  }

  /** A report of activity, with the text as it is sent. */
  void activity(KernelEvent e, int reported, SourceText sent) {
    event(e);
    state = reported;
    if (EventNames.isRunning(reported)) {
      boolean same = sent.identity() == textIdentity && Arrays.equals(sent.utf8(), text);
      statement.message(e.timeNanos(), same);
      text = sent.utf8();
      textIdentity = sent.identity();
    } else if (reported == IDLE
        || reported == ordinal(ActivityState.IDLE_IN_TRANSACTION)
        || reported == ordinal(ActivityState.IDLE_IN_ABORTED_TRANSACTION)) {
      statement.idle(reported != IDLE);
    }
  }

  /** A statement is planned or begins to be executed. */
  void statement(KernelEvent e, SourceText source) {
    event(e);
    if (names.isPlanner(e.function())) {
      statement.plans();
    } else if (source.identity() == textIdentity && Arrays.equals(source.utf8(), text)) {
      statement.runs(e.statement().object());
    }
  }

  /** Another event. */
  void other(KernelEvent e) {
    event(e);
    switch (e.kind()) {
      case KernelEvent.PORTAL -> {
        if ((e.flags() & KernelEvent.FLAG_TEXT_SAME) != 0) {
          statement.defined(e.portal().address());
        }
      }
      case KernelEvent.ENTRY -> {
        if (names.isPortalRun(e.function())) {
          statement.portalRuns(e.entryObject());
        } else if (names.isParse(e.function())) {
          statement.parses();
        } else if (names.isAnalyze(e.function())) {
          statement.plans();
        }
      }
      case KernelEvent.COMMAND_END -> statement.commandEnds(e.timeNanos());
      case KernelEvent.ERROR -> statement.fails();
      case KernelEvent.TRANSACTION_END -> statement.transactionEnds();
      case KernelEvent.SETTING -> setting(e);
      default -> {}
    }
  }

  private void event(KernelEvent e) {
    statement.event();
    level = e.level();
  }

  private void setting(KernelEvent e) {
    // It has the level before it, and when it takes the tracing away no event follows.
    level = e.setting().level();
    String value = new String(e.text(), StandardCharsets.UTF_8);
    if ((e.setting().levelBefore() & Levels.TRACE) == 0) {
      statement.unseen();
    }
    contextSet |= TRACE_PARENT.matcher(value).find();
  }

  /** Events are missing. */
  void unseen() {
    statement.unseen();
    state = UNKNOWN;
  }

  /**
   * What it does now.
   *
   * @param pid in the server's pid namespace
   * @param sampled whether a sampling rule was in force when its last events were sent
   */
  HolderState now(int pid, long sequence, boolean sampled) {
    boolean commented = contains("/*") && (contains("traceparent") || contains("span"));
    boolean tooLong = commented && text.length > LONGEST_TEXT;
    return new HolderState(
        pid,
        HolderSight.SEEN,
        backend.getPid(),
        backend.getStartNs(),
        level & Levels.TRACE,
        state,
        sequence,
        statement.startNanos(),
        statement.certain(),
        commented && !tooLong ? text : NO_TEXT,
        contextSet || tooLong,
        sampled && !waitsForTold());
  }

  /** Within a transaction no trace is left out before the next statement begins. */
  private boolean waitsForTold() {
    return EventNames.isRunning(state)
        || state == ordinal(ActivityState.IDLE_IN_TRANSACTION)
        || state == ordinal(ActivityState.IDLE_IN_ABORTED_TRANSACTION);
  }

  private boolean contains(String part) {
    return new String(text, StandardCharsets.UTF_8).contains(part);
  }

  private static int ordinal(ActivityState state) {
    return ActivityState.SCHEMA$.getEnumOrdinal(state.name());
  }
}
