package io.pgstitch.exporter.sink.file;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** Times as trace files write them, in UTC. */
final class Stamp {

  private static final DateTimeFormatter LINE =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'+00:00'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter FILE =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSSSSS", Locale.ROOT).withZone(ZoneOffset.UTC);

  private Stamp() {}

  /** {@code 2026-01-05T10:00:00.000000+00:00}. */
  static String line(long utcNanos) {
    return LINE.format(instant(utcNanos));
  }

  /** {@code 20260105T100000.000000}. */
  static String file(long utcNanos) {
    return FILE.format(instant(utcNanos));
  }

  private static Instant instant(long utcNanos) {
    return Instant.EPOCH.plus(utcNanos, ChronoUnit.NANOS);
  }
}
