package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.Loss;
import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Reading;
import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.RawEventBatch;

/**
 * Which batches are taken, from which of their events on, and what gaps before them and restarts of
 * the collector do. docs/decisions/0019 explains.
 */
final class BatchAdmission {
  /**
   * When a later run of a collector was silent for so long while an earlier one goes on, it is
   * gone: somebody had started two.
   */
  private static final long SILENCE_NS = 10_000_000_000L;

  private final Session session;
  private final OpenSession state;
  private final TraceWriter writer;
  private final StatementLifecycle lifecycle;
  private final SuspendedPortals suspended;

  BatchAdmission(
      Session session,
      TraceWriter writer,
      StatementLifecycle lifecycle,
      SuspendedPortals suspended) {
    this.session = session;
    this.state = session.state;
    this.writer = writer;
    this.lifecycle = lifecycle;
    this.suspended = suspended;
  }

  /**
   * Where the events begin that are to be taken, null when the batch is not; why not is counted.
   *
   * @throws IllegalArgumentException if it does not have the events that it says it has
   */
  BatchPlace admit(RawEventBatch batch) {
    long says = batch.getLastSequence() - batch.getFirstSequence() + 1;
    if (BatchPlace.numbered(batch) != says) {
      throw new IllegalArgumentException(
          "a batch of " + says + " events holds " + BatchPlace.numbered(batch));
    }
    boolean fresh = state.getEpochNs() == 0 && state.getLastSequence() == 0;
    if (!fresh && batch.getEpochNs() < state.getEpochNs() && !goesOnAlone(batch)) {
      session.counters.add(Counter.STALE_BATCHES, 1);
      BatchPlace later = BatchPlace.behindTime(batch, state.getNow().getTimeNs());
      state.setStaleEvents(state.getStaleEvents() + batch.getEvents().size() - later.index());
      return null;
    }
    if (fresh || batch.getEpochNs() != state.getEpochNs()) {
      boolean later = batch.getEpochNs() > state.getEpochNs();
      long stale = later ? 0 : state.getStaleEvents();
      if (!fresh) {
        endEpoch(batch);
      }
      beginEpoch(batch, fresh);
      long next = fresh || !later ? batch.getFirstSequence() - batch.getLostBefore() : 1;
      lost(batch.getFirstSequence() - next + stale, batch);
      return BatchPlace.behindTime(batch, state.getCoveredUntilNs());
    }
    long next = state.getLastSequence() + 1;
    if (batch.getLastSequence() < next) {
      session.counters.add(Counter.DUPLICATE_BATCHES, 1);
      return null;
    }
    if (batch.getFirstSequence() < next) {
      session.counters.add(Counter.OVERLAPPING_BATCHES, 1);
      return untold(batch, BatchPlace.behindEvents(batch, next - batch.getFirstSequence()));
    }
    lost(batch.getFirstSequence() - next, batch);
    return untold(batch, BatchPlace.first(batch));
  }

  /** A place, or the later one up to which an earlier run of a collector had told of the time. */
  private BatchPlace untold(RawEventBatch batch, BatchPlace place) {
    if (state.getCoveredUntilNs() == 0) {
      return place;
    }
    BatchPlace told = BatchPlace.behindTime(batch, state.getCoveredUntilNs());
    return told.index() > place.index() ? told : place;
  }

  private boolean goesOnAlone(RawEventBatch batch) {
    return batch.getBaseNs() > state.getNow().getTimeNs() + SILENCE_NS;
  }

  /** Nothing more will come, and the end of the process was not seen. */
  void endUnseen() {
    OpenStatement statement = session.statement();
    if (statement != null) {
      statement.setComplete(false);
    }
    suspended.incomplete(0);
    String dropped =
        state.getStaleEvents() == 0
            ? ""
            : "; " + state.getStaleEvents() + " events of another collector were not used";
    writer.lines().note("INCOMPLETE", "the end of the session was not seen" + dropped);
  }

  /** What happened while no collector was attached is not known. */
  private void endEpoch(RawEventBatch next) {
    long offset = next.getClock().getUtcNs() - next.getClock().getMonotonicNs();
    Loss unseen = loss(Losses.UNKNOWN, next, next.getBaseNs() + offset);
    OpenStatement statement = session.statement();
    if (statement != null) {
      statement.setComplete(false);
      Losses.add(statement, unseen);
    }
    suspended.incomplete(0);
    state.getSuspended().forEach(waiting -> Losses.add(waiting, unseen));
    lifecycle.closeAll(CloseReason.COLLECTOR_RESTARTED);
    writer
        .lines()
        .note("INCOMPLETE", "what happened until another run of the collector was not seen");
    forget();
    state.setLostPending(0);
    state.setPendingLosses(null);
  }

  /** What is known of the session's texts and settings may have changed unseen. */
  private void forget() {
    state.getCursorTexts().clear();
    state.setMessageText("");
    state.setMessageIdentity(0);
    SessionSettings.forget(state.getTraceparent());
    SessionSettings.forget(state.getApplicationName());
  }

  private void beginEpoch(RawEventBatch batch, boolean fresh) {
    long offset = batch.getClock().getUtcNs() - batch.getClock().getMonotonicNs();
    Reading now = state.getNow();
    if (fresh) {
      state.setCoveredUntilNs(0);
      now.setTimeNs(batch.getBaseNs());
      state.setSessionStartUtcNs(batch.getBackend().getStartNs() + offset);
    } else {
      state.setCoveredUntilNs(batch.getBaseNs() <= now.getTimeNs() ? now.getTimeNs() : 0);
      // A clock that was set back between the epochs must not turn the trace's times back.
      long start = Math.max(batch.getBaseNs(), now.getTimeNs());
      offset = Math.max(offset, session.utcNs(now.getTimeNs()) - start);
      now.setTimeNs(start);
    }
    BindPhase.probesChange(state);
    state.setEpochNs(batch.getEpochNs());
    state.setUtcOffsetNs(offset);
    long unseen = batch.getFirstSequence() - batch.getLostBefore() - 1;
    boolean unknownBefore = fresh && unseen > 0;
    boolean covered = state.getCoveredUntilNs() != 0;
    state.setMidway(batch.getBegunBefore() || unknownBefore || covered);
    state.setBegunBefore(state.getMidway());
    state.setStaleEvents(0);
    state.setUnseenBefore(!fresh || unknownBefore);
    state.setEventsMissed(state.getUnseenBefore());
    state.setAttachedLater(batch.getBegunBefore());
    if (unknownBefore) {
      writer.lines().note("INCOMPLETE", unseen + " events before this point were not seen");
    }
  }

  private Loss loss(long events, RawEventBatch next, long toUtcNs) {
    long from = session.utcNs(state.getNow().getTimeNs());
    return new Loss(next.getFirstSequence(), events, from, Math.max(from, toUtcNs));
  }

  /**
   * Events are missing. Among them may have been the end of the statement and the begin of another,
   * so what follows is not the statement's any more, nor that of one that waits for its portal.
   */
  private void lost(long events, RawEventBatch batch) {
    if (events <= 0) {
      return;
    }
    session.counters.add(Counter.GAPS, 1);
    session.counters.add(Counter.LOST_EVENTS, events);
    Loss loss = loss(events, batch, session.utcNs(batch.getBaseNs()));
    OpenStatement statement = session.statement();
    if (statement == null) {
      state.setLostPending(state.getLostPending() + events);
      state.setPendingLosses(Losses.plus(state.getPendingLosses(), loss));
    } else {
      statement.setLostEvents(statement.getLostEvents() + events);
      Losses.add(statement, loss);
      statement.setComplete(false);
    }
    suspended.incomplete(events);
    state.getSuspended().forEach(waiting -> Losses.add(waiting, loss));
    lifecycle.closeAll(CloseReason.SUPERSEDED);
    forget();
    state.setUnseenBefore(true);
    state.setEventsMissed(true);
    state.setMidway(true);
    state.setBegunBefore(statement != null);
    Reading now = state.getNow();
    now.setTimeNs(Math.max(now.getTimeNs(), batch.getBaseNs()));
    long first = batch.getFirstSequence() - events;
    long last = batch.getFirstSequence() - 1;
    String text = "%d events were lost before this point: numbers %d to %d%s";
    writer.lines().note("INCOMPLETE", text.formatted(events, first, last, where(batch)));
  }

  /** Where the collector says that it lost them. */
  private String where(RawEventBatch batch) {
    long dropped = batch.getDroppedBefore();
    if (dropped == 0) {
      return "";
    }
    session.counters.add(Counter.DROPPED_EVENTS, dropped);
    return ": the collector dropped " + dropped + " because its spool had no room for them";
  }
}
