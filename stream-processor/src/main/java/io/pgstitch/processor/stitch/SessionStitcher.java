package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.BindNow;
import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.TeamLaunch;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendEnd;
import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.OpenQuery;
import io.pgstitch.schema.RawEventBatch;
import java.util.List;

/**
 * Stitches the events of one backend into traces. Not safe for several threads.
 *
 * <p>The same events give the same output, however they were cut into batches and however often the
 * stitcher was saved and restored between them.
 */
public final class SessionStitcher {
  private final Session session;
  private final TraceWriter writer;
  private final WorkerLaunches launches;
  private final TraceEmitter emitter;
  private final CallStack stack;
  private final BindPhase bind;
  private final StatementLifecycle lifecycle;
  private final LockWaiters lockWaiters;
  private final BatchAdmission admission;
  private final EventDispatcher events;
  private final SignsOfLife signsOfLife;
  private final TraceLimits traceLimits;
  private final PartBorder partBorder;
  private boolean ended;

  /** A stitcher for a backend of which nothing was seen. */
  public SessionStitcher(
      Backend backend, StitchLimits limits, StitchCounters counters, StitchOutput output) {
    this(new Session(Session.empty(backend), backend, limits, counters), output);
  }

  SessionStitcher(Session session, StitchOutput output) {
    this.session = session;
    this.writer = new TraceWriter(session);
    this.launches = new WorkerLaunches(session, output);
    this.emitter = new TraceEmitter(session, output, launches);
    this.stack = new CallStack(session, writer);
    SuspendedPortals suspended = new SuspendedPortals(session, writer, emitter);
    this.bind = new BindPhase(session, writer, suspended);
    this.lockWaiters = new LockWaiters(session, output);
    this.lifecycle =
        new StatementLifecycle(session, writer, stack, suspended, emitter, lockWaiters);
    this.signsOfLife = new SignsOfLife(session);
    this.traceLimits = new TraceLimits(session, lifecycle, suspended, writer.lines());
    this.partBorder = new PartBorder(session);
    this.admission = new BatchAdmission(session, writer, lifecycle, suspended);
    this.events =
        new EventDispatcher(
            session,
            stack,
            SessionRules.of(session, stack, writer, lifecycle, suspended, launches, bind));
  }

  /**
   * Takes the next batch; what of it was taken before, or is of an earlier epoch, is dropped.
   *
   * @throws RuntimeException if it is damaged; this stitcher cannot be used then
   */
  public void accept(RawEventBatch batch) {
    if (SignsOfLife.is(batch)) {
      if (signsOfLife.take(batch)) {
        lockWaiters.begin(batch, 0);
      }
      return;
    }
    BatchPlace place = admission.admit(batch);
    if (place == null) {
      return;
    }
    List<Object> all = batch.getEvents();
    session.counters.add(Counter.BATCHES, 1);
    session.counters.add(Counter.EVENTS, all.size() - place.index());
    OpenSession state = session.state;
    state.setLastSequence(batch.getLastSequence());
    levelInForce(batch.getLevel());
    events.begin(batch, place.baseNs());
    lockWaiters.begin(batch, place.index());
    for (int i = place.index(); i < all.size(); i++) {
      Object event = all.get(i);
      events.take(event);
      if (event instanceof BackendEnd end) {
        backendEnded(end);
      }
      lockWaiters.taken(event);
      traceLimits.check();
      if (partBorder.isAfter(event)) {
        sendPart();
      }
    }
    signsOfLife.eventsCame();
  }

  /** Whether a batch only says that its backend is there. */
  public static boolean isSignOfLife(RawEventBatch batch) {
    return SignsOfLife.is(batch);
  }

  /**
   * Closes the statements that are open because nothing was heard of the backend for too long; the
   * session stays, and what comes later of them is marked as a continuation.
   *
   * @return whether any was open
   */
  public boolean closeIdle() {
    boolean open = traceLimits.closeIdle();
    emitter.idleRecords();
    return open;
  }

  /** Whether a statement is open, or waits for its next Execute. */
  public boolean hasOpen() {
    return session.statement() != null || !session.state.getSuspended().isEmpty();
  }

  /** First half of the running trace's id, 0 when no statement runs: tells statements apart. */
  public long openTrace() {
    return session.statement() == null ? 0 : session.statement().getTraceHigh();
  }

  /** The client's statement that runs, as far as is known; null when none does. */
  public OpenQuery openQuery() {
    return OpenQueryView.of(session);
  }

  /** Whether the session has a level that it, its role or database, or an operator asked for. */
  public boolean isTracedByRequest() {
    return SessionSettings.isAsked(session.state);
  }

  /** Whether others wait for what the session does, by all that is known now. */
  public boolean isWaitedFor() {
    return session.state.getWaitedFor();
  }

  /** A level that no setting of the session told of was set from outside, or by a rollback. */
  private void levelInForce(int level) {
    OpenSession state = session.state;
    boolean changed = state.getLevel() != 0 && level != state.getLevel();
    if (changed && level != state.getToldLevel()) {
      writer.lines().note("LEVEL", level + " IN FORCE");
    }
    if (changed) {
      BindPhase.probesChange(state);
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
    admission.endUnseen();
    traceLimits.closeIdle();
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
    lockWaiters.ends(false);
    ended = true;
  }

  Session session() {
    return session;
  }

  private void backendEnded(BackendEnd event) {
    BindNow binding = bind.take();
    if (binding != null && session.statement() != null) {
      stack.popAll(null, "");
      bind.left(binding, null, "");
    }
    lifecycle.closeAll(
        endsWithItsWork() && event.getExitCode() == 0 && event.getSignal() == 0
            ? CloseReason.COMPLETED
            : CloseReason.BACKEND_ENDED);
    writer
        .lines()
        .note("BACKEND END", "exit code " + event.getExitCode() + ", signal " + event.getSignal());
    emitter.idleRecords();
    ended = true;
  }

  /** A process without a client ends when it has nothing more to do. */
  private boolean endsWithItsWork() {
    return session.backend.getKind() != BackendKind.CLIENT;
  }

  /** Says in the records which process a worker is that the session launched. */
  public void workerSeen(TeamLaunch launch, Backend worker) {
    launches.seen(launch, worker.getPid());
    if (session.statement() == null) {
      emitter.idleRecords();
    }
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
