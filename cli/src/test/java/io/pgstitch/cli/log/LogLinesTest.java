package io.pgstitch.cli.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.LocalTime;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

/** How a line of the log looks. */
final class LogLinesTest {
  private static final LocalTime TIME = LocalTime.of(7, 5, 9, 42_999_999);

  private final LogLines lines = new LogLines(() -> TIME);

  private static LogRecord record(Level level, String logger, String message) {
    LogRecord record = new LogRecord(level, message);
    record.setLoggerName(logger);
    return record;
  }

  @Test
  void hasTimeLevelAndTheLastPartOfTheLoggersName() {
    assertThat(lines.format(record(Level.WARNING, "io.pgstitch.collector.ServerWatch", "gone – é")))
        .isEqualTo("07:05:09.042 WARN  ServerWatch: gone – é\n");
    assertThat(lines.format(record(Level.SEVERE, "kafka", "")))
        .isEqualTo("07:05:09.042 ERROR kafka: \n");
    assertThat(lines.format(record(Level.FINE, "a.B", "{0} {}")))
        .isEqualTo("07:05:09.042 DEBUG B: {0} {}\n");
    assertThat(lines.format(record(Level.FINEST, "a.B", "x")))
        .isEqualTo("07:05:09.042 TRACE B: x\n");
  }

  @Test
  void whereItWasThrownStandsBelow() {
    LogRecord record = record(Level.SEVERE, "a.B", "failed");
    record.setThrown(new IllegalStateException("because"));

    assertThat(lines.format(record))
        .startsWith(
            "07:05:09.042 ERROR B: failed\njava.lang.IllegalStateException: because\n\tat ");
  }
}
