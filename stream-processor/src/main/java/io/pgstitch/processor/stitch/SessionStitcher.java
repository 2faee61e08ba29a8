package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendEnd;
import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.RawEventBatch;

/**
 * Stitches the events of one backend into traces. Not safe for several threads.
 *
 * <p>The same events give the same output, however they were cut into batches and however often the
 * stitcher was saved and restored between them.
 */
public final class SessionStitcher {
  private final Session session;
  private final TraceWriter writer;
  private final TraceEmitter emitter;
  private final StatementLifecycle lifecycle;
  private final BatchAdmission admission;
  private final EventDispatcher events;
  private boolean ended;

  /** A stitcher for a backend of which nothing was seen. */
  public SessionStitcher(
      Backend backend, StitchLimits limits, StitchCounters counters, StitchOutput output) {
    this(new Session(Session.empty(backend), backend, limits, counters), output);
  }

  SessionStitcher(Session session, StitchOutput output) {
    this.session = session;
    this.writer = new TraceWriter(session);
    this.emitter = new TraceEmitter(session, output);
    CallStack stack = new CallStack(session, writer);
    SuspendedPortals suspended = new SuspendedPortals(session, writer, emitter);
    this.lifecycle = new StatementLifecycle(session, writer, stack, suspended, emitter);
    this.admission = new BatchAdmission(session, writer, lifecycle, suspended);
    this.events =
        new EventDispatcher(
            session, stack, SessionRules.of(session, stack, writer, lifecycle, suspended));
  }

  /** Whether processes of this kind run statements for clients. */
  public static boolean traces(BackendKind kind) {
    return kind == BackendKind.CLIENT || kind == BackendKind.PARALLEL_WORKER;
  }

  /** Takes the next batch; one that was taken before, or is of an earlier epoch, is dropped. */
  public void accept(RawEventBatch batch) {
    if (!admission.admit(batch)) {
      return;
    }
    session.counters.add(Counter.BATCHES, 1);
    session.counters.add(Counter.EVENTS, batch.getEvents().size());
    OpenSession state = session.state;
    state.setLastSequence(batch.getLastSequence());
    levelInForce(batch.getLevel());
    events.begin(batch);
    for (Object event : batch.getEvents()) {
      events.take(event);
      if (event instanceof BackendEnd end) {
        backendEnded(end);
      }
      if (session.pending.size() >= session.limits.pendingSpans()) {
        sendPart();
      }
    }
  }

  /** A level that no setting of the session told of was set from outside, or by a rollback. */
  private void levelInForce(int level) {
    OpenSession state = session.state;
    boolean changed = state.getLevel() != 0 && level != state.getLevel();
    if (changed && level != state.getToldLevel()) {
      writer.lines().note("LEVEL", level + " IN FORCE");
    }
    if (changed) {
      state.setToldLevel(level);
    }
    state.setLevel(level);
  }

  /** Whether the process has ended, so that nothing more can come. */
  public boolean ended() {
    return ended;
  }

  /** Closes what is open because nothing has been heard of the backend for too long. */
  public void expire() {
    lifecycle.closeAll(CloseReason.LIMIT);
    emitter.idleRecords();
    session.counters.add(Counter.SESSIONS_EXPIRED, 1);
    ended = true;
  }

  /**
   * Closes what is open because the events that follow are not read; it is marked as incomplete.
   *
   * @param where the events end, for the trace file
   */
  public void cut(String where) {
    OpenStatement statement = session.statement();
    if (statement != null) {
      statement.setComplete(false);
    }
    session.state.getSuspended().forEach(suspended -> suspended.setComplete(false));
    if (statement != null || !session.state.getSuspended().isEmpty()) {
      writer.lines().note("INCOMPLETE", where);
      lifecycle.closeAll(CloseReason.LIMIT);
      emitter.idleRecords();
    }
    ended = true;
  }

  Session session() {
    return session;
  }

  private void backendEnded(BackendEnd event) {
    lifecycle.closeAll(CloseReason.BACKEND_ENDED);
    writer
        .lines()
        .note("BACKEND END", "exit code " + event.getExitCode() + ", signal " + event.getSignal());
    emitter.idleRecords();
    ended = true;
  }

  private void sendPart() {
    OpenStatement statement = session.statement();
    if (statement == null) {
      emitter.idleRecords();
    } else {
      emitter.part(statement, session.reading());
    }
  }
}
