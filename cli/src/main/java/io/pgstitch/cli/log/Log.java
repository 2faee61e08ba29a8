package io.pgstitch.cli.log;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.Logger;

/**
 * The log on standard error: standard output belongs to results. It is the JDK's own, because it is
 * there at once: Log4j took a fifth of the time until a collector works, for its configuration.
 */
public final class Log {
  private static final String ROOT = "";

  /** The JDK forgets the levels of loggers that nobody holds. */
  private static final Map<String, Logger> HELD = new LinkedHashMap<>();

  private Log() {}

  /**
   * Sets it up, before the first logger is made. SLF4J would search every jar of the class path for
   * what it is to write to.
   */
  public static void install() {
    System.setProperty("slf4j.provider", "org.slf4j.jul.JULServiceProvider");
    System.setProperty("slf4j.internal.verbosity", "WARN");
    System.setProperty("java.util.logging.manager", KeptLogManager.class.getName());
    // Made for the first one who asks for them, and never after a signal to end.
    Handler[] unused = Logger.getLogger(ROOT).getHandlers();
  }

  /** From which level on those loggers write that nothing more special is said of. */
  public static void setRootLevel(LogLevel from) {
    setLevel(ROOT, from);
  }

  /** Loggers whose name is this, or begins with it and a dot, write from this level on. */
  public static synchronized void setLevel(String name, LogLevel from) {
    // Not by a reference to the method: it looks at its caller, and a reference to such a one takes
    // as long as all the rest of the set-up.
    Logger logger = Logger.getLogger(name);
    HELD.put(name, logger);
    logger.setLevel(from.level());
  }
}
