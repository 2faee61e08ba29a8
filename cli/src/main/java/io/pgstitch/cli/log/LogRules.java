package io.pgstitch.cli.log;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.slf4j.event.Level;

/** What of the log is written, by the beginnings of loggers' names. */
final class LogRules {
  /** Name of what all names begin with. */
  static final String ROOT = "";

  private static final String NETWORK = "org.apache.kafka.clients.NetworkClient";
  private static final String SENDER = "org.apache.kafka.clients.producer.internals.Sender";
  private static final String STREAMS = "org.apache.kafka.streams.StreamsConfig";
  private static final long REPEATED_EVERY = TimeUnit.SECONDS.toNanos(10);

  private final Map<String, LogLevel> levels = new ConcurrentHashMap<>();
  private final Burst network;

  /**
   * @param clock nanoseconds from any origin
   */
  LogRules(LongSupplier clock) {
    network = new Burst(REPEATED_EVERY, clock);
    levels.put(ROOT, LogLevel.WARN);
    levels.put("io.pgstitch", LogLevel.INFO);
    // The embedded broker tells of its own start and stop at this level.
    levels.put("kafka", LogLevel.ERROR);
    // What it refuses is told to the client, which repeats it or fails with the reason.
    levels.put("kafka.server.ReplicaManager", LogLevel.OFF);
    levels.put("org.apache.kafka.controller", LogLevel.ERROR);
    levels.put("org.apache.kafka.server", LogLevel.ERROR);
    levels.put("org.apache.kafka.image", LogLevel.ERROR);
    // What follows has rules of its own below, which INFO for all others would not go with.
    levels.put(NETWORK, LogLevel.WARN);
    levels.put(SENDER, LogLevel.WARN);
    levels.put(STREAMS, LogLevel.WARN);
    // A replay that has read a partition to its end puts it down while an answer about it may be on
    // its way.
    levels.put("org.apache.kafka.clients.consumer.internals.OffsetFetcherUtils", LogLevel.ERROR);
  }

  /** Those whose name is this or begins with it and a dot write from this level on. */
  void set(String name, LogLevel from) {
    levels.put(name, from);
  }

  /** From which level on a logger writes: the longest beginning of its name says it. */
  LogLevel levelOf(String logger) {
    for (String name = logger; ; name = parent(name)) {
      LogLevel level = levels.get(name);
      if (level != null) {
        return level;
      }
    }
  }

  private static String parent(String name) {
    return name.substring(0, Math.max(0, name.lastIndexOf('.')));
  }

  /** Whether a line whose level is high enough is left out all the same. */
  boolean isNoise(String logger, Level level, String message) {
    return switch (logger) {
      case NETWORK -> noiseOfNetwork(level, message);
      case SENDER -> Refusals.OF_NEW_TRANSACTIONS.matcher(message).find();
      // Said of an intermediate configuration too, which the processor's own setting does not
      // reach.
      case STREAMS -> message.contains("is not enabled for the GlobalThread");
      default -> false;
    };
  }

  private boolean noiseOfNetwork(Level level, String message) {
    // Closing an admin client closes this twice; that is all it means.
    return message.contains("has already been closed")
        // It warns once a second about a broker that is away; once in ten is enough.
        || (!LogLevel.ERROR.takes(level) && !network.passes());
  }

  /** Compiled when the first line asks for it. */
  private static final class Refusals {
    /** The first records of a new transaction may overtake its announcement; they are repeated. */
    static final Pattern OF_NEW_TRANSACTIONS =
        Pattern.compile("retrying .*(CONCURRENT_TRANSACTIONS|OUT_OF_ORDER_SEQUENCE_NUMBER)");

    private Refusals() {}
  }
}
