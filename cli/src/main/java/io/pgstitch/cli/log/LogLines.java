package io.pgstitch.cli.log;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.LocalTime;
import java.util.function.Supplier;
import org.slf4j.event.Level;

/** Writes lines: time, level, logger, message, and below them where it was thrown. */
final class LogLines {
  private static final int LEVEL_WIDTH = 5;
  private static final int NANOS_OF_A_MILLI = 1_000_000;

  private final PrintStream to;
  private final Supplier<LocalTime> clock;

  LogLines(PrintStream to, Supplier<LocalTime> clock) {
    this.to = to;
    this.clock = clock;
  }

  /** Each is written at once, so that those of several threads do not mix. */
  void write(Level level, String logger, String message, Throwable thrown) {
    LocalTime time = clock.get();
    StringBuilder line = new StringBuilder(128);
    append(line, time.getHour(), 2).append(':');
    append(line, time.getMinute(), 2).append(':');
    append(line, time.getSecond(), 2).append('.');
    append(line, time.getNano() / NANOS_OF_A_MILLI, 3);
    String name = level.name();
    line.append(' ').append(name).append(" ".repeat(LEVEL_WIDTH - name.length())).append(' ');
    line.append(logger, logger.lastIndexOf('.') + 1, logger.length()).append(": ");
    line.append(message).append(System.lineSeparator());
    if (thrown != null) {
      StringWriter trace = new StringWriter();
      thrown.printStackTrace(new PrintWriter(trace, true));
      line.append(trace);
    }
    to.print(line);
    to.flush();
  }

  /** By hand: the JDK's formatter takes as long to set up as all else that is logged at a start. */
  private static StringBuilder append(StringBuilder line, int value, int digits) {
    String text = Integer.toString(value);
    return line.append("0".repeat(digits - text.length())).append(text);
  }
}
