package io.pgstitch.exporter.runner;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether a sink's runner holds back, since when and until when; logs each change once. */
final class Hold {

  private static final Logger LOG = LoggerFactory.getLogger(Hold.class);

  private final String sink;
  private final Backoff backoff;
  private final LongSupplier nanoTime;
  private boolean held;
  private String reason = "";
  private long since;
  private long until;

  Hold(String sink, Backoff backoff, LongSupplier nanoTime) {
    this.sink = sink;
    this.backoff = backoff;
    this.nanoTime = nanoTime;
  }

  /** Holds for the next wait of the backoff, at least {@code atLeast}. */
  void hold(String why, Duration atLeast) {
    long now = nanoTime.getAsLong();
    if (!held) {
      since = now;
    }
    if (!held || !why.equals(reason)) {
      LOG.warn("sink {} holds its place and tries again, without end: {}", sink, why);
    }
    held = true;
    reason = why;
    until = now + backoff.next(atLeast).toNanos();
  }

  /** An attempt has succeeded. */
  void release() {
    if (held) {
      long seconds = Duration.ofNanos(nanoTime.getAsLong() - since).toSeconds();
      LOG.info("sink {} goes on after {} s", sink, seconds);
    }
    held = false;
    reason = "";
    backoff.reset();
  }

  /** How long until the next attempt is due; zero when it is. */
  Duration remaining() {
    long nanos = held ? until - nanoTime.getAsLong() : 0;
    return nanos > 0 ? Duration.ofNanos(nanos) : Duration.ZERO;
  }
}
