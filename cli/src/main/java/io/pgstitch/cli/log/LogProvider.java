package io.pgstitch.cli.log;

import java.time.LocalTime;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Logger;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * The log on standard error: standard output belongs to results. A logging library would take a
 * fifth of the time until a collector works, for its own configuration.
 */
public final class LogProvider implements SLF4JServiceProvider {
  private static final LogRules RULES = new LogRules(System::nanoTime);
  private static final LogLines LINES = new LogLines(System.err, LocalTime::now);
  private static final Map<String, StderrLogger> LOGGERS = new HashMap<>();

  /** Asked for by SLF4J. */
  public LogProvider() {}

  /**
   * Has SLF4J take this one without a search in every jar of the class path. To be called before
   * the first logger is made.
   */
  public static void install() {
    System.setProperty("slf4j.provider", LogProvider.class.getName());
    System.setProperty("slf4j.internal.verbosity", "WARN");
  }

  /** From which level on those loggers write that nothing more special is said of. */
  public static void setRootLevel(LogLevel from) {
    setLevel(LogRules.ROOT, from);
  }

  /** Loggers whose name is this, or begins with it and a dot, write from this level on. */
  public static synchronized void setLevel(String name, LogLevel from) {
    RULES.set(name, from);
    LOGGERS.values().forEach(StderrLogger::lookAgain);
  }

  private static synchronized Logger logger(String name) {
    return LOGGERS.computeIfAbsent(name, n -> new StderrLogger(n, RULES, LINES));
  }

  @Override
  public ILoggerFactory getLoggerFactory() {
    return LogProvider::logger;
  }

  @Override
  public IMarkerFactory getMarkerFactory() {
    return Markers.ALL;
  }

  @Override
  public MDCAdapter getMDCAdapter() {
    return new NOPMDCAdapter();
  }

  @Override
  public String getRequestedApiVersion() {
    return "2.0.99";
  }

  @Override
  public void initialize() {
    // Nothing is read and nothing is opened.
  }

  /** Made when somebody asks for one. */
  private static final class Markers {
    static final IMarkerFactory ALL = new BasicMarkerFactory();

    private Markers() {}
  }
}
