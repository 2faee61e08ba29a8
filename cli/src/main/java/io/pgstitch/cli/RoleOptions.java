package io.pgstitch.cli;

import io.pgstitch.cli.log.LogLevel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What the commands of one role each have in common: a properties file, and a Kafka that must be
 * there.
 */
final class RoleOptions {
  private static final String KAFKA_PREFIX = "kafka.";
  private static final Duration KAFKA_PATIENCE = Duration.ofSeconds(15);

  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description =
          "Properties file; docs/configuration.md lists the keys, ops/config/ has examples.")
  private Path file;

  @Mixin private CommonOptions common;

  /** For the parser, which fills it in. */
  RoleOptions() {}

  /** As they were given without the parser's help. */
  RoleOptions(Path file, CommonOptions common) {
    this.file = file;
    this.common = common;
  }

  /** The file. */
  Path file() {
    return file;
  }

  /** Reads the file and refuses unknown keys. */
  Properties read(Collection<String> knownKeys) {
    common.apply(LogLevel.INFO);
    Properties properties = new ConfigurationFile(knownKeys).read(file);
    if (!kafkaSettings(properties).containsKey(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG)) {
      throw CommandFailure.usage(
          file + " does not say where Kafka is",
          "Add kafka.bootstrap.servers=HOST:PORT[,HOST:PORT...].");
    }
    return properties;
  }

  /** Reads the file, refuses unknown keys, and makes sure that Kafka answers. */
  Properties load(Collection<String> knownKeys) throws InterruptedException {
    Properties properties = read(knownKeys);
    try (Admin admin = KafkaConnection.open(kafkaSettings(properties), KAFKA_PATIENCE)) {
      return properties;
    }
  }

  private static Map<String, String> kafkaSettings(Properties properties) {
    Map<String, String> settings = new HashMap<>();
    for (String key : properties.stringPropertyNames()) {
      if (key.startsWith(KAFKA_PREFIX)) {
        settings.put(key.substring(KAFKA_PREFIX.length()), properties.getProperty(key).strip());
      }
    }
    return settings;
  }
}
