package io.pgstitch.testkit;

import java.math.BigDecimal;

/**
 * A statement that sleeps for 200 ms between two looks at the server's clock: what it waited is no
 * shorter than the sleep and no longer than what lies between the looks, however busy the machine.
 */
public final class TimedSleep {
  /** The statement. */
  public static final String TEXT =
      "select extract(epoch from clock_timestamp()), pg_sleep(0.2),"
          + " extract(epoch from clock_timestamp())";

  /** What it sleeps at least. */
  public static final long NANOS = 200_000_000L;

  /** The clock's looks are rounded to microseconds. */
  private static final long ROUNDING_NANOS = 2_000;

  private TimedSleep() {}

  /** Runs it and returns the nanoseconds between the two looks. */
  public static long nanosMeasuredBy(PostgresClient client) {
    String[] columns = client.sql(TEXT).strip().split("\\|", -1);
    return new BigDecimal(columns[2])
            .subtract(new BigDecimal(columns[0]))
            .movePointRight(9)
            .longValue()
        + ROUNDING_NANOS;
  }
}
