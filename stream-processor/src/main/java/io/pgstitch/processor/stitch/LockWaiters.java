package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.schema.RawEventBatch;
import java.util.List;

/**
 * Other backends that wait for locks of the session. They are led to the statement that it runs
 * when they begin or, when it is idle, ran last; and what it runs from there on, to the end of its
 * transaction, is what they wait for. docs/decisions/0020 explains.
 */
final class LockWaiters {
  private final Session session;
  private final OpenSession state;
  private final StitchOutput output;
  private List<Long> places = List.of();
  private int next;
  private long number;

  LockWaiters(Session session, StitchOutput output) {
    this.session = session;
    this.state = session.state;
    this.output = output;
  }

  /** The events that follow are those of a batch from an index on. */
  void begin(RawEventBatch batch, int index) {
    places = batch.getWaitedFor();
    next = 0;
    if (places.isEmpty()) {
      return;
    }
    number =
        batch.getFirstSequence() - 1 + BatchPlace.numbered(batch.getEvents().subList(0, index));
    while (next < places.size() && places.get(next) < number) {
      next++; // Told before.
    }
    begun();
  }

  /** An event of the batch was taken. */
  void taken(Object event) {
    if (next < places.size()) {
      number += BatchPlace.isNumbered(event) ? 1 : 0;
      begun();
    }
  }

  private void begun() {
    while (next < places.size() && places.get(next) <= number) {
      next++;
      state.setWaitedFor(true);
      if (session.statement() == null) {
        output.settled(WaitedFor.YES);
      }
    }
  }

  /** Nobody is led to the statement before it any more. */
  void statementBegins() {
    output.settled(WaitedFor.NO);
  }

  /** The session is idle outside a transaction. */
  void transactionOver() {
    state.setWaitedFor(false);
    output.settled(WaitedFor.NO);
  }

  /** Nothing that follows is of what ran before; whether all was told of it is known or not. */
  void ends(boolean allWasTold) {
    output.settled(allWasTold ? WaitedFor.NO : WaitedFor.UNKNOWN);
  }
}
