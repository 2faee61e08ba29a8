package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenWaitNow;
import io.pgstitch.schema.OpenWait;
import io.pgstitch.schema.RawEventBatch;
import java.util.List;

/**
 * What a collector says of a backend that has no events: that it is there, in which wait, or that
 * others wait for its locks. It changes no trace.
 */
final class SignsOfLife {
  private final Session session;
  private final OpenSession state;

  SignsOfLife(Session session) {
    this.session = session;
    this.state = session.state;
  }

  /** Whether a batch is one: it says that it has no events, and has none. */
  static boolean is(RawEventBatch batch) {
    return batch.getEvents().isEmpty() && batch.getLastSequence() < batch.getFirstSequence();
  }

  /**
   * Takes one; after or before other events than those that are known it says nothing of now.
   *
   * @return whether it is of now
   */
  boolean take(RawEventBatch batch) {
    boolean current =
        batch.getEpochNs() == state.getEpochNs()
            && batch.getLastSequence() == state.getLastSequence()
            && batch.getBaseNs() >= state.getHeardNs();
    if (!current) {
      session.counters.add(Counter.STALE_SIGNS_OF_LIFE, 1);
      return false;
    }
    session.counters.add(Counter.SIGNS_OF_LIFE, 1);
    state.setHeardNs(batch.getBaseNs());
    OpenWait wait = batch.getOpenWait();
    state.setOpenWait(
        wait == null
            ? null
            : new OpenWaitNow(
                wait.getEventClass(),
                wait.getEvent(),
                wait.getStartNs(),
                List.copyOf(wait.getHolders())));
    return true;
  }

  /** Events came: what was said before is over. */
  void eventsCame() {
    state.setOpenWait(null);
    state.setHeardNs(state.getNow().getTimeNs());
  }
}
