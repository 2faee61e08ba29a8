package io.pgstitch.testkit;

import java.math.BigDecimal;

/**
 * A statement that sleeps for 200 ms between two looks at the server's clock: what it waited is no
 * shorter than the sleep and no longer than what lies between the looks, however busy the machine.
 *
 * <p>A short sleep comes before it. A session begins with its latch set, which its first wait for
 * the client takes back; where the statement is there before the session asks for it, none comes,
 * and the first sleep ends at once. The server then sleeps for what is left of the time, in whole
 * milliseconds: on a busy machine less than was asked for.
 */
public final class TimedSleep {
  /** The statement. */
  public static final String TEXT =
      "select pg_sleep(0.001), extract(epoch from clock_timestamp()), pg_sleep(0.2),"
          + " extract(epoch from clock_timestamp())";

  /** What it sleeps at least. */
  public static final long NANOS = 200_000_000L;

  /** The short one before it is shorter than this, and it is longer. */
  public static final long LONG_NANOS = NANOS / 2;

  /** The clock's looks are rounded to microseconds. */
  private static final long ROUNDING_NANOS = 2_000;

  private TimedSleep() {}

  /** Runs it and returns the nanoseconds between the two looks. */
  public static long nanosMeasuredBy(PostgresClient client) {
    String[] columns = client.sql(TEXT).strip().split("\\|", -1);
    return new BigDecimal(columns[3])
            .subtract(new BigDecimal(columns[1]))
            .movePointRight(9)
            .longValue()
        + ROUNDING_NANOS;
  }
}
