package io.pgstitch.collector;

import java.time.Duration;

/** The thread of an {@link EventPump}. */
final class PumpThread {
  private final EventPump pump;
  private final Thread thread;

  PumpThread(EventPump pump) {
    this.pump = pump;
    this.thread = new Thread(pump, "pgstitch-event-pump");
  }

  void start() {
    thread.start();
  }

  /**
   * Has the pump empty the rings and end.
   *
   * @param patience how long that may take
   * @return whether it has ended, or was never started: nobody reads the rings' memory any more
   */
  boolean stop(Duration patience) {
    pump.stop();
    try {
      thread.join(patience.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !thread.isAlive();
  }
}
