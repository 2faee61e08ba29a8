package io.pgstitch.processor.topology;

import java.time.Duration;

/**
 * How long the topology waits.
 *
 * @param sessionIdle silence after which a session is forgotten
 * @param traceIdle silence after which the traces that are open in a session are closed. A
 *     collector gives a sign of life a minute for a backend that runs a statement
 * @param openQueriesAfter time that a statement runs before it is published as an open query; zero:
 *     none is
 */
public record SessionTimes(Duration sessionIdle, Duration traceIdle, Duration openQueriesAfter) {
  /** What the settings' defaults say. */
  public static final SessionTimes DEFAULT =
      new SessionTimes(Duration.ofDays(7), Duration.ofHours(6), Duration.ofSeconds(1));

  /** The same without open queries, for what is stitched long after it ran. */
  public SessionTimes withoutOpenQueries() {
    return new SessionTimes(sessionIdle, traceIdle, Duration.ZERO);
  }

  /** Whether open queries are published. */
  public boolean publishesOpenQueries() {
    return !openQueriesAfter.isZero();
  }
}
