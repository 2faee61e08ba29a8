package io.pgstitch.cli;

import io.pgstitch.cli.log.LogLevel;
import io.pgstitch.schema.TrustedRecords;
import java.nio.file.Path;
import java.util.Properties;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which Kafka a command works with. */
final class KafkaOptions {
  @Option(
      names = "--kafka",
      paramLabel = "BOOTSTRAP",
      description =
          "Kafka cluster of the fleet (HOST:PORT,...). Default: that of the pipeline that runs on this host.")
  private String kafka;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "The same from a role's properties file: its kafka.* and schema registry keys are taken.")
  private Path config;

  @Mixin private CommonOptions common;

  /** To be called before anything is done. */
  void apply() {
    common.apply(LogLevel.WARN);
    TrustedRecords.trust();
    if (kafka != null && config != null) {
      throw CommandFailure.usage(
          "--kafka and --config both say where Kafka is", "Give one of them.");
    }
  }

  /** Where Kafka is. */
  ControlTarget target() {
    if (kafka != null) {
      return ControlTargets.ofBrokers(kafka);
    }
    return config != null
        ? ControlTargets.ofConfiguration(config)
        : new ControlTargets(RunDirectory.ofThisUser()).ofThisHost();
  }

  /** The properties file; nothing without one. */
  Properties properties() {
    return config == null ? new Properties() : ControlTargets.read(config);
  }
}
