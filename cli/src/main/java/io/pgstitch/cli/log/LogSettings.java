package io.pgstitch.cli.log;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the log begins with, in the form in which the JDK reads it. */
final class LogSettings {
  /** From which level on loggers write whose name is this, or begins with it and a dot. */
  private static final Map<String, LogLevel> LEVELS = levels();

  private LogSettings() {}

  private static Map<String, LogLevel> levels() {
    Map<String, LogLevel> levels = new LinkedHashMap<>();
    levels.put("", LogLevel.WARN);
    levels.put("io.pgstitch", LogLevel.INFO);
    // The embedded broker tells of its own start and stop at this level.
    levels.put("kafka", LogLevel.ERROR);
    // What it refuses is told to the client, which repeats it or fails with the reason.
    levels.put("kafka.server.ReplicaManager", LogLevel.OFF);
    levels.put("org.apache.kafka.controller", LogLevel.ERROR);
    levels.put("org.apache.kafka.server", LogLevel.ERROR);
    levels.put("org.apache.kafka.image", LogLevel.ERROR);
    // Noise says more of these, which INFO for all others would not go with.
    Noise.LOGGERS.forEach(name -> levels.put(name, LogLevel.WARN));
    // A replay that has read a partition to its end puts it down while an answer about it may be on
    // its way.
    levels.put("org.apache.kafka.clients.consumer.internals.OffsetFetcherUtils", LogLevel.ERROR);
    return levels;
  }

  /** A file of settings. */
  static InputStream file() {
    StringBuilder lines = new StringBuilder(1024);
    lines.append("handlers=").append(StderrHandler.class.getName()).append('\n');
    LEVELS.forEach(
        (name, from) ->
            lines.append(name).append(".level=").append(from.level().getName()).append('\n'));
    return new ByteArrayInputStream(lines.toString().getBytes(StandardCharsets.ISO_8859_1));
  }
}
