package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.Reading;

/** Moves the session's counters on with each event; its time never turns back. */
final class SessionClock {
  private final Session session;
  private long timeNs;

  SessionClock(Session session) {
    this.session = session;
  }

  /** The next event's time is counted from this one. */
  void startAt(long baseNs) {
    timeNs = baseNs;
  }

  void advance(long deltaNs, long cpuNs) {
    Reading now = session.state.getNow();
    timeNs += deltaNs;
    if (timeNs < now.getTimeNs()) {
      session.counters.add(Counter.TIMES_CLAMPED, 1);
      timeNs = now.getTimeNs();
    }
    now.setTimeNs(timeNs);
    now.setCpuNs(now.getCpuNs() + cpuNs);
  }

  /**
   * As {@link #advance}, to the end of a wait.
   *
   * @return how long it lasted: it cannot have begun before the event that precedes it, on which
   *     its thread was awake
   */
  long advanceByWait(long deltaNs, long cpuNs, long durationNs) {
    Reading now = session.state.getNow();
    long before = now.getTimeNs();
    advance(deltaNs, cpuNs);
    long length = Math.max(0, durationNs);
    if (length > timeNs - before) {
      session.counters.add(Counter.TIMES_CLAMPED, 1);
      length = timeNs - before;
    }
    now.setWaitNs(now.getWaitNs() + length);
    return length;
  }
}
