package io.pgstitch.collector.send;

import io.pgstitch.collector.encode.EncodedBatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts batches that Kafka will never take, and says so, not more often than makes sense. */
final class Refusals {
  private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);
  private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final LongSupplier clock;
  private final LongAdder count = new LongAdder();
  private long saidAt;

  /**
   * @param clock monotonic nanoseconds
   */
  Refusals(LongSupplier clock) {
    this.clock = clock;
  }

  /** Kafka does not want this one. */
  void add(EncodedBatch batch, String reason) {
    count.increment();
    long now = clock.getAsLong();
    if (count() == 1 || now - saidAt >= EVERY_NANOS) {
      saidAt = now;
      LOG.error(
          "Kafka refuses a batch of {} events ({} bytes) of {}: {}; it is dropped, the {}. since"
              + " the start; its traces will be marked",
          batch.events(),
          batch.value().length,
          batch.key(),
          reason,
          count());
    }
  }

  /** How many there were; for any thread. */
  long count() {
    return count.sum();
  }
}
