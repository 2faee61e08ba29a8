package io.pgstitch.cli.log;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Lets one through, and the next one not before some time has passed. */
final class Burst {
  private final long everyNanos;
  private final LongSupplier clock;
  private final AtomicLong next;

  /**
   * @param clock nanoseconds from any origin
   */
  Burst(long everyNanos, LongSupplier clock) {
    this.everyNanos = everyNanos;
    this.clock = clock;
    this.next = new AtomicLong(clock.getAsLong());
  }

  /** Whether this one goes through. */
  boolean passes() {
    long now = clock.getAsLong();
    long due = next.get();
    return now - due >= 0 && next.compareAndSet(due, now + everyNanos);
  }
}
