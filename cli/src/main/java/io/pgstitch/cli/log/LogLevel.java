package io.pgstitch.cli.log;

import java.util.logging.Level;

/** From which level on a logger writes. */
public enum LogLevel {
  /** Nothing at all. */
  OFF(Level.OFF),
  /** Errors alone. */
  ERROR(Level.SEVERE),
  /** Warnings, too. */
  WARN(Level.WARNING),
  /** What an operator wants to know. */
  INFO(Level.INFO),
  /** What helps to find a fault. */
  DEBUG(Level.FINE);

  private final Level level;

  LogLevel(Level level) {
    this.level = level;
  }

  /** As the JDK calls it. */
  Level level() {
    return level;
  }

  /** The name under which a line of the JDK's level is written. */
  static String nameOf(Level level) {
    for (LogLevel each : values()) {
      if (level.intValue() >= each.level.intValue()) {
        return each.name();
      }
    }
    return "TRACE";
  }
}
