package io.pgstitch.exporter.runner;

import java.time.Duration;

/** How long to wait before the next attempt: doubles from the first to the longest, for ever. */
final class Backoff {

  private final Duration first;
  private final Duration longest;
  private Duration next;

  Backoff(Duration first, Duration longest) {
    this.first = first;
    this.longest = longest;
    this.next = first;
  }

  /** The wait before the next attempt, at least {@code atLeast}. */
  Duration next(Duration atLeast) {
    Duration wait = next;
    Duration doubled = next.multipliedBy(2);
    next = doubled.compareTo(longest) > 0 ? longest : doubled;
    return wait.compareTo(atLeast) > 0 ? wait : atLeast;
  }

  /** After a success. */
  void reset() {
    next = first;
  }
}
