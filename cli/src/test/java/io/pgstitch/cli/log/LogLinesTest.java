package io.pgstitch.cli.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.LocalTime;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/** How a line of the log looks. */
final class LogLinesTest {
  private static final LocalTime TIME = LocalTime.of(7, 5, 9, 42_999_999);

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final LogLines lines = new LogLines(new PrintStream(bytes, false, UTF_8), () -> TIME);

  @Test
  void hasTimeLevelAndTheLastPartOfTheLoggersName() {
    lines.write(Level.WARN, "io.pgstitch.collector.ServerWatch", "gone – é", null);
    lines.write(Level.ERROR, "kafka", "", null);

    assertThat(bytes.toString(UTF_8))
        .isEqualTo("07:05:09.042 WARN  ServerWatch: gone – é\n07:05:09.042 ERROR kafka: \n");
  }

  @Test
  void whereItWasThrownStandsBelow() {
    lines.write(Level.ERROR, "a.B", "failed", new IllegalStateException("because"));

    assertThat(bytes.toString(UTF_8))
        .startsWith(
            "07:05:09.042 ERROR B: failed\njava.lang.IllegalStateException: because\n\tat ");
  }

  @Test
  void argumentsAreFilledInAndOnlyFromTheLevelOn() {
    Logger logger = new StderrLogger("io.pgstitch.A", new LogRules(System::nanoTime), lines);

    logger.info("{} of {}", 1, 2);
    logger.warn("{} failed", "it", new IllegalStateException("because"));
    logger.debug("not this");

    assertThat(bytes.toString(UTF_8))
        .startsWith("07:05:09.042 INFO  A: 1 of 2\n07:05:09.042 WARN  A: it failed\n")
        .contains("IllegalStateException: because")
        .doesNotContain("not this");
  }
}
