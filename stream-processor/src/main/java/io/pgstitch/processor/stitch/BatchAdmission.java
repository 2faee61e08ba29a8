package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.Loss;
import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Reading;
import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.RawEventBatch;

/** Which batches are taken, and what gaps before them and restarts of the collector do. */
final class BatchAdmission {
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

  /** Whether the batch is to be taken; if not, why not is counted. */
  boolean admit(RawEventBatch batch) {
    boolean fresh = state.getEpochNs() == 0 && state.getLastSequence() == 0;
    long next = state.getLastSequence() + 1;
    if (!fresh && batch.getEpochNs() < state.getEpochNs()) {
      session.counters.add(Counter.STALE_BATCHES, 1);
      return false;
    }
    if (fresh || batch.getEpochNs() > state.getEpochNs()) {
      if (!fresh) {
        endEpoch(batch);
      }
      beginEpoch(batch, fresh);
      next = fresh ? batch.getFirstSequence() - batch.getLostBefore() : 1;
    } else if (batch.getLastSequence() < next) {
      session.counters.add(Counter.DUPLICATE_BATCHES, 1);
      return false;
    } else if (batch.getFirstSequence() < next) {
      session.counters.add(Counter.OVERLAPPING_BATCHES, 1);
      return false;
    }
    lost(batch.getFirstSequence() - next, batch);
    return true;
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
    state.getCursorTexts().clear();
    state.setLostPending(0);
    state.setPendingLosses(null);
    state.setMessageText("");
    state.setMessageIdentity(0);
  }

  private void beginEpoch(RawEventBatch batch, boolean fresh) {
    long offset = batch.getClock().getUtcNs() - batch.getClock().getMonotonicNs();
    Reading now = state.getNow();
    if (fresh) {
      now.setTimeNs(batch.getBaseNs());
      state.setSessionStartUtcNs(batch.getBackend().getStartNs() + offset);
    } else {
      // A clock that was set back between the epochs must not turn the trace's times back.
      long start = Math.max(batch.getBaseNs(), now.getTimeNs());
      offset = Math.max(offset, session.utcNs(now.getTimeNs()) - start);
    }
    state.setEpochNs(batch.getEpochNs());
    state.setUtcOffsetNs(offset);
    boolean unknownBefore = fresh && batch.getFirstSequence() > 1 + batch.getLostBefore();
    state.setMidway(batch.getBegunBefore() || unknownBefore);
    state.setBegunBefore(state.getMidway());
  }

  private Loss loss(long events, RawEventBatch next, long toUtcNs) {
    long from = session.utcNs(state.getNow().getTimeNs());
    return new Loss(next.getFirstSequence(), events, from, Math.max(from, toUtcNs));
  }

  private void lost(long events, RawEventBatch batch) {
    if (events <= 0) {
      return;
    }
    session.counters.add(Counter.GAPS, 1);
    session.counters.add(Counter.LOST_EVENTS, events);
    Loss loss = loss(events, batch, session.utcNs(batch.getBaseNs()));
    Reading now = state.getNow();
    now.setTimeNs(Math.max(now.getTimeNs(), batch.getBaseNs()));
    long first = batch.getFirstSequence() - events;
    long last = batch.getFirstSequence() - 1;
    String text = "%d events were lost before this point: numbers %d to %d%s";
    writer.lines().note("INCOMPLETE", text.formatted(events, first, last, where(batch)));
    OpenStatement statement = session.statement();
    if (statement == null) {
      state.setLostPending(state.getLostPending() + events);
      state.setPendingLosses(Losses.plus(state.getPendingLosses(), loss));
      state.setMidway(true);
      state.setBegunBefore(false);
    } else {
      statement.setLostEvents(statement.getLostEvents() + events);
      Losses.add(statement, loss);
      statement.setComplete(false);
    }
    suspended.incomplete(events);
    state.getSuspended().forEach(waiting -> Losses.add(waiting, loss));
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
