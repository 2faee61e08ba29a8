package io.pgstitch.cli.log;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.LocalTime;
import java.util.function.Supplier;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/** Lines of the log: time, level, logger, message, and below them where it was thrown. */
final class LogLines extends Formatter {
  private static final int LEVEL_WIDTH = 5;
  private static final int NANOS_OF_A_MILLI = 1_000_000;

  private final Supplier<LocalTime> clock;

  LogLines(Supplier<LocalTime> clock) {
    this.clock = clock;
  }

  @Override
  public String format(LogRecord record) {
    LocalTime time = clock.get();
    StringBuilder line = new StringBuilder(128);
    append(line, time.getHour(), 2).append(':');
    append(line, time.getMinute(), 2).append(':');
    append(line, time.getSecond(), 2).append('.');
    append(line, time.getNano() / NANOS_OF_A_MILLI, 3);
    String level = LogLevel.nameOf(record.getLevel());
    line.append(' ').append(level).append(" ".repeat(LEVEL_WIDTH - level.length())).append(' ');
    String logger = String.valueOf(record.getLoggerName());
    line.append(logger, logger.lastIndexOf('.') + 1, logger.length()).append(": ");
    line.append(record.getMessage()).append(System.lineSeparator());
    if (record.getThrown() != null) {
      StringWriter trace = new StringWriter();
      record.getThrown().printStackTrace(new PrintWriter(trace, true));
      line.append(trace);
    }
    return line.toString();
  }

  /** By hand: the JDK's formatter takes as long to set up as all else that is logged at a start. */
  private static StringBuilder append(StringBuilder line, int value, int digits) {
    String text = Integer.toString(value);
    return line.append("0".repeat(digits - text.length())).append(text);
  }
}
