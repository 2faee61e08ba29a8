package io.pgstitch.collector;

import java.util.concurrent.TimeUnit;

/**
 * When an {@link EventPump} flushes, and when it may sleep: once nothing has come for a while and
 * all that came is flushed. Times are nanoseconds of one monotonic clock.
 */
final class PumpPace {
  /** Looking every few milliseconds costs more than being woken when less than this is between. */
  static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final long flushNanos;
  private long nextFlush;
  private long lastNews;
  private boolean unflushed;
  private boolean slept;

  /**
   * @param flushNanos longest time an event waits before it is sent
   * @param now when the pump begins
   */
  PumpPace(long flushNanos, long now) {
    this.flushNanos = flushNanos;
    this.nextFlush = now + flushNanos;
    this.lastNews = now;
  }

  /** Events came, or are about to. */
  void news(long now) {
    lastNews = now;
    unflushed = true;
    if (slept && untilFlush(now) <= 0) {
      // As if it had gone on: a batch for the first event alone would be one too many.
      nextFlush += ((now - nextFlush) / flushNanos + 1) * flushNanos;
    }
    slept = false;
  }

  /** Nanoseconds until it is time to flush; 0 or less when it is. */
  long untilFlush(long now) {
    return nextFlush - now;
  }

  /** All that came is flushed. */
  void flushed(long now) {
    nextFlush = now + flushNanos;
    unflushed = false;
  }

  /** Whether it can be left to the next event to say that it has come. */
  boolean maySleep(long now) {
    return !unflushed && now - lastNews >= QUIET_NANOS;
  }

  /** It has slept, and not looked yet. */
  void slept() {
    slept = true;
  }
}
