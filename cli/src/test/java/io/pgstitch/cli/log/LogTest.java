package io.pgstitch.cli.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** From which level on who writes: the longest beginning of a name says it. */
final class LogTest {
  private static boolean writes(String name, Level level) {
    return Logger.getLogger(name).isLoggable(level);
  }

  @Test
  void levelsAreOfNamesAndOfAllThatBeginsSo() throws IOException {
    LogManager manager = LogManager.getLogManager();
    manager.readConfiguration(LogSettings.file());
    try {
      assertThat(Logger.getLogger("").getHandlers())
          .singleElement()
          .isInstanceOf(StderrHandler.class);
      assertThat(writes("io.pgstitch.collector.Collector", Level.INFO)).isTrue();
      assertThat(writes("io.pgstitch.collector.Collector", Level.FINE)).isFalse();
      assertThat(writes("io.pgstitching", Level.INFO)).isFalse();
      assertThat(writes("kafka.server.KafkaRaftServer", Level.WARNING)).isFalse();
      assertThat(writes("kafka.server.ReplicaManager", Level.SEVERE)).isFalse();
      assertThat(writes("org.apache.kafka.clients.Metadata", Level.WARNING)).isTrue();

      Log.setRootLevel(LogLevel.INFO);
      Log.setLevel("io.pgstitch", LogLevel.DEBUG);

      assertThat(writes("io.pgstitch.cli.Main", Level.FINE)).isTrue();
      assertThat(writes("org.apache.kafka.clients.Metadata", Level.INFO)).isTrue();
      assertThat(writes("org.apache.kafka.clients.NetworkClient", Level.INFO)).isFalse();
    } finally {
      Log.setRootLevel(LogLevel.WARN);
      Log.setLevel("io.pgstitch", LogLevel.INFO);
      manager.readConfiguration();
    }
  }
}
