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
    boolean partly = timeNs < now.getTimeNs();
    timeNs += deltaNs;
    if (timeNs < now.getTimeNs()) {
      session.counters.add(Counter.TIMES_CLAMPED, 1);
      timeNs = now.getTimeNs();
    }
    // Where another collector has told of the first part of this time, the CPU of that part is told
    // of, too; how much that was is not known, but no more than all the rest is left.
    long cpu = partly ? Math.min(cpuNs, timeNs - now.getTimeNs()) : cpuNs;
    now.setTimeNs(timeNs);
    now.setCpuNs(now.getCpuNs() + cpu);
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
