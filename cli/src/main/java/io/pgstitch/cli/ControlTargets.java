package io.pgstitch.cli;

import io.pgstitch.collector.HostName;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Finds out whom a session command is to talk to. */
final class ControlTargets {
  private static final String KAFKA_PREFIX = "kafka.";
  private static final String BOOTSTRAP = "bootstrap.servers";

  private final RunDirectory runs;

  ControlTargets(RunDirectory runs) {
    this.runs = runs;
  }

  /** A Kafka cluster by its address. */
  static ControlTarget ofBrokers(String brokers) {
    return new ControlTarget(
        HostName.ofThisHost(), Map.of(BOOTSTRAP, brokers), Map.of(), Optional.empty());
  }

  /**
   * What the properties file of any role says.
   *
   * @throws CommandFailure when it cannot be read or names no brokers
   */
  static ControlTarget ofConfiguration(Path file) {
    Properties properties = read(file);
    Map<String, String> kafka = new HashMap<>();
    Map<String, String> registry = new HashMap<>();
    for (String key : properties.stringPropertyNames()) {
      String value = properties.getProperty(key).strip();
      if (key.startsWith(KAFKA_PREFIX)) {
        kafka.put(key.substring(KAFKA_PREFIX.length()), value);
      } else if (RoleKeys.COMMON.contains(key)) {
        registry.put(key, value);
      }
    }
    if (!kafka.containsKey(BOOTSTRAP)) {
      throw CommandFailure.usage(
          file + " does not say where Kafka is",
          "Add kafka.bootstrap.servers=HOST:PORT[,HOST:PORT...].");
    }
    String host = properties.getProperty("host", "").strip();
    return new ControlTarget(
        host.isEmpty() ? HostName.ofThisHost() : host, kafka, registry, Optional.empty());
  }

  /** The properties file of any role. */
  static Properties read(Path file) {
    TreeSet<String> known = new TreeSet<>(RoleKeys.collector());
    known.addAll(RoleKeys.processor());
    known.addAll(RoleKeys.exporter());
    return new ConfigurationFile(known).read(file);
  }

  /**
   * The pipeline that runs on this host.
   *
   * @throws CommandFailure when there is none, or more than one
   */
  ControlTarget ofThisHost() {
    RunDirectory.Found found = runs.look();
    if (found.running().size() > 1) {
      throw CommandFailure.usage(
          "several pipelines run on this host: " + list(found.running()),
          "Choose one with --kafka " + found.running().get(0).brokers() + " or --config FILE.");
    }
    if (found.running().isEmpty()) {
      throw none(found);
    }
    RunFile run = found.running().get(0);
    ControlTarget target =
        run.config().map(ControlTargets::ofConfiguration).orElseGet(() -> ofBrokers(run.brokers()));
    return new ControlTarget(run.host(), target.kafka(), target.registry(), run.traces());
  }

  private static CommandFailure none(RunDirectory.Found found) {
    String left =
        found.ended().isEmpty() ? "" : "; ended without saying so: " + list(found.ended());
    if (found.hidden()) {
      return CommandFailure.environment(
          "no pipeline of this user runs on this host, but one of another user may" + left,
          "Run this as the user who started it (sudo), or say where its Kafka is with --kafka or --config.");
    }
    return CommandFailure.environment(
        "no pipeline of this user runs on this host" + left,
        "Start one (`pgstitch up` or `pgstitch collector`), run this as the user who did (sudo), or say where"
            + " the Kafka of your fleet is with --kafka BOOTSTRAP or --config FILE, and which host is meant with --host.");
  }

  private static String list(List<RunFile> runs) {
    return runs.stream()
        .map(run -> run.command() + " (pid " + run.pid() + ", Kafka " + run.brokers() + ")")
        .collect(Collectors.joining(", "));
  }
}
