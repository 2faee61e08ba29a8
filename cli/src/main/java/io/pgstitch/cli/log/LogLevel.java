package io.pgstitch.cli.log;

import org.slf4j.event.Level;

/** From which level on a logger writes. */
public enum LogLevel {
  /** Nothing at all. */
  OFF(Integer.MAX_VALUE),
  /** Errors alone. */
  ERROR(Level.ERROR.toInt()),
  /** Warnings, too. */
  WARN(Level.WARN.toInt()),
  /** What an operator wants to know. */
  INFO(Level.INFO.toInt()),
  /** What helps to find a fault. */
  DEBUG(Level.DEBUG.toInt());

  private final int lowest;

  LogLevel(int lowest) {
    this.lowest = lowest;
  }

  /** Whether a line of this level is written. */
  boolean takes(Level level) {
    return level.toInt() >= lowest;
  }
}
