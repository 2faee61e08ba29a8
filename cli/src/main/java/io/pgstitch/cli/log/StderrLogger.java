package io.pgstitch.cli.log;

import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

/** One logger: what its level lets through becomes a line. */
@SuppressWarnings("serial") // its base asks for it; nobody writes loggers
final class StderrLogger extends LegacyAbstractLogger {
  private final transient LogRules rules;
  private final transient LogLines lines;
  private volatile LogLevel from;

  StderrLogger(String name, LogRules rules, LogLines lines) {
    this.name = name;
    this.rules = rules;
    this.lines = lines;
    this.from = rules.levelOf(name);
  }

  /** The rules have changed. */
  void lookAgain() {
    from = rules.levelOf(name);
  }

  @Override
  public boolean isTraceEnabled() {
    return from.takes(Level.TRACE);
  }

  @Override
  public boolean isDebugEnabled() {
    return from.takes(Level.DEBUG);
  }

  @Override
  public boolean isInfoEnabled() {
    return from.takes(Level.INFO);
  }

  @Override
  public boolean isWarnEnabled() {
    return from.takes(Level.WARN);
  }

  @Override
  public boolean isErrorEnabled() {
    return from.takes(Level.ERROR);
  }

  @Override
  protected String getFullyQualifiedCallerName() {
    return name;
  }

  @Override
  protected void handleNormalizedLoggingCall(
      Level level, Marker marker, String pattern, Object[] arguments, Throwable thrown) {
    String message = String.valueOf(MessageFormatter.basicArrayFormat(pattern, arguments));
    if (!rules.isNoise(name, level, message)) {
      lines.write(level, name, message, thrown);
    }
  }
}
