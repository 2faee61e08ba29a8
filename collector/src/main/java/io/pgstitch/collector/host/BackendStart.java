package io.pgstitch.collector.host;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Times as PostgreSQL counts them (TimestampTz, datatype/timestamp.h): microseconds since 2000. */
public final class BackendStart {
  private static final long EPOCH_US =
      ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse("2000-01-01T00:00:00Z"));

  private BackendStart() {}

  /**
   * UTC microseconds since 1970 of a backend's MyStartTimestamp.
   *
   * @param timestamp 0 when not known
   * @return 0 when not known
   */
  public static long utcMicros(long timestamp) {
    boolean sane =
        timestamp > 0 && timestamp < Duration.ofDays(365L * 1000).toSeconds() * 1_000_000;
    return sane ? timestamp + EPOCH_US : 0;
  }
}
