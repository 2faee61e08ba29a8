package io.pgstitch.collector.send;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** How long a collector that stops goes on sending: as long as Kafka acknowledges something. */
final class StopPatience {
  private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long STALLED_NANOS = TimeUnit.SECONDS.toNanos(3);

  private final LongSupplier clock;
  private final long began;
  private long progress;
  private long progressAt;

  /**
   * Begins now.
   *
   * @param clock monotonic nanoseconds
   * @param acknowledged batches until now
   */
  StopPatience(LongSupplier clock, long acknowledged) {
    this.clock = clock;
    this.began = clock.getAsLong();
    this.progress = acknowledged;
    this.progressAt = began;
  }

  /**
   * Whether it is at its end.
   *
   * @param acknowledged batches until now
   */
  boolean isOver(long acknowledged) {
    long now = clock.getAsLong();
    if (acknowledged != progress) {
      progress = acknowledged;
      progressAt = now;
    }
    return now - began >= MOST_NANOS || now - progressAt >= STALLED_NANOS;
  }
}
