package io.pgstitch.cli.log;

import java.text.MessageFormat;
import java.util.ResourceBundle;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * A logger of the JDK's own classes.
 *
 * @param logger to which it writes
 */
record JdkLogger(Logger logger) implements System.Logger {
  @Override
  public String getName() {
    return logger.getName();
  }

  @Override
  public boolean isLoggable(Level level) {
    return logger.isLoggable(levelOf(level));
  }

  @Override
  public void log(Level level, ResourceBundle bundle, String message, Throwable thrown) {
    if (isLoggable(level)) {
      write(level, translated(bundle, message), thrown);
    }
  }

  @Override
  public void log(Level level, ResourceBundle bundle, String format, Object... values) {
    if (isLoggable(level)) {
      String message = translated(bundle, format);
      boolean plain = values == null || values.length == 0;
      write(level, plain ? message : MessageFormat.format(message, values), null);
    }
  }

  private void write(Level level, String message, Throwable thrown) {
    LogRecord record = new LogRecord(levelOf(level), message);
    record.setLoggerName(logger.getName());
    record.setThrown(thrown);
    logger.log(record);
  }

  private static String translated(ResourceBundle bundle, String message) {
    return bundle != null && message != null && bundle.containsKey(message)
        ? bundle.getString(message)
        : message;
  }

  private static java.util.logging.Level levelOf(Level level) {
    return switch (level) {
      case ALL -> java.util.logging.Level.ALL;
      case TRACE -> java.util.logging.Level.FINER;
      case DEBUG -> java.util.logging.Level.FINE;
      case INFO -> java.util.logging.Level.INFO;
      case WARNING -> java.util.logging.Level.WARNING;
      case ERROR -> java.util.logging.Level.SEVERE;
      case OFF -> java.util.logging.Level.OFF;
    };
  }
}
