package io.pgstitch.schema;

import java.time.Duration;

/**
 * When transactions are looked for that nobody ends, and when they are said.
 *
 * @param between two looks
 * @param still how long a partition must have been held up at one offset before it counts
 * @param limit age from which a transaction counts
 * @param again after which what still holds is said again
 */
public record OpenTransactionPace(
    Duration between, Duration still, Duration limit, Duration again) {

  /**
   * That of the roles. A processor gives up when its state is not restored within a minute of its
   * start: what holds it up is said before.
   */
  public static final OpenTransactionPace STANDARD =
      new OpenTransactionPace(
          Duration.ofSeconds(20),
          Duration.ofSeconds(40),
          Duration.ofMinutes(5),
          Duration.ofMinutes(10));
}
