package io.pgstitch.collector.send;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether everything new goes to the spool, since when, and how much of it did. */
final class Outage {
  private static final Logger LOG = LoggerFactory.getLogger(Outage.class);

  private final Path spool;
  private final LongSupplier clock;
  private boolean lasts;
  private long since;
  private long spooled;

  /**
   * @param spool its directory
   * @param clock monotonic nanoseconds
   * @param lasts whether an earlier run has left one
   */
  Outage(Path spool, LongSupplier clock, boolean lasts) {
    this.spool = spool;
    this.clock = clock;
    this.lasts = lasts;
    this.since = clock.getAsLong();
  }

  boolean lasts() {
    return lasts;
  }

  void begin(String reason) {
    lasts = true;
    since = clock.getAsLong();
    spooled = 0;
    LOG.warn("Kafka takes no events ({}): they are kept in {}", reason, spool);
  }

  /** A batch went to the spool. */
  void spooled() {
    spooled++;
  }

  /**
   * Ends it.
   *
   * @param dropped batches since the start
   */
  void end(long dropped) {
    lasts = false;
    LOG.info(
        "Kafka takes events again after {} s: {} batches went through the spool, {} have been"
            + " dropped since the start",
        TimeUnit.NANOSECONDS.toSeconds(clock.getAsLong() - since),
        spooled,
        dropped);
  }
}
