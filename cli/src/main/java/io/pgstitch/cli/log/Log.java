package io.pgstitch.cli.log;

import java.io.UnsupportedEncodingException;
import java.nio.charset.StandardCharsets;
import java.time.LocalTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.ConsoleHandler;
import java.util.logging.Handler;
import java.util.logging.Level;
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
    Logger.getLogger(ROOT).addHandler(handler());
    setLevel(ROOT, LogLevel.WARN);
    setLevel("io.pgstitch", LogLevel.INFO);
    // The embedded broker tells of its own start and stop at this level.
    setLevel("kafka", LogLevel.ERROR);
    // What it refuses is told to the client, which repeats it or fails with the reason.
    setLevel("kafka.server.ReplicaManager", LogLevel.OFF);
    setLevel("org.apache.kafka.controller", LogLevel.ERROR);
    setLevel("org.apache.kafka.server", LogLevel.ERROR);
    setLevel("org.apache.kafka.image", LogLevel.ERROR);
    // Noise says more of these, which INFO for all others would not go with.
    Noise.LOGGERS.forEach(name -> setLevel(name, LogLevel.WARN));
    // A replay that has read a partition to its end puts it down while an answer about it may be on
    // its way.
    setLevel("org.apache.kafka.clients.consumer.internals.OffsetFetcherUtils", LogLevel.ERROR);
  }

  /** From which level on those loggers write that nothing more special is said of. */
  public static void setRootLevel(LogLevel from) {
    setLevel(ROOT, from);
  }

  /** Loggers whose name is this, or begins with it and a dot, write from this level on. */
  public static synchronized void setLevel(String name, LogLevel from) {
    HELD.computeIfAbsent(name, Logger::getLogger).setLevel(from.level());
  }

  private static Handler handler() {
    ConsoleHandler handler = new ConsoleHandler();
    try {
      handler.setEncoding(StandardCharsets.UTF_8.name());
    } catch (UnsupportedEncodingException e) {
      throw new IllegalStateException(e);
    }
    handler.setLevel(Level.ALL);
    handler.setFormatter(new LogLines(LocalTime::now));
    handler.setFilter(new Noise(System::nanoTime));
    return handler;
  }
}
