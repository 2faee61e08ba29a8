package io.pgstitch.exporter;

import io.pgstitch.exporter.runner.RetrySettings;
import io.pgstitch.schema.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What the operator set.
 *
 * @param kafka settings for the Kafka clients; {@code bootstrap.servers} is among them
 * @param registry {@code schema.registry.*}, {@code basic.auth.*} and other settings of the schema
 *     registry's client
 * @param sinks the sinks, in the order they were named
 * @param environment variables for the sinks: the process's, with {@code otel.*} properties over
 *     them
 * @param deadLetterTopic where records go that cannot be delivered
 * @param retry waits between attempts
 * @param groupPrefix what the sinks' consumer groups begin with
 * @param hosts names of the hosts whose records are exported, empty for all
 */
public record ExporterSettings(
    Map<String, String> kafka,
    Map<String, String> registry,
    List<SinkInstance> sinks,
    Map<String, String> environment,
    String deadLetterTopic,
    RetrySettings retry,
    String groupPrefix,
    Set<String> hosts) {

  private static final String BOOTSTRAP = "bootstrap.servers";
  private static final Pattern NAME = Pattern.compile("[a-z0-9_-]{1,60}");

  /** Copies the collections. */
  public ExporterSettings {
    kafka = Map.copyOf(kafka);
    registry = Map.copyOf(registry);
    sinks = List.copyOf(sinks);
    environment = Map.copyOf(environment);
    hosts = Set.copyOf(hosts);
  }

  /**
   * Reads properties, with the environment of this process.
   *
   * @throws ExporterSettingsException naming all that is missing or wrong
   */
  public static ExporterSettings from(Properties properties) {
    return from(properties, System.getenv());
  }

  /**
   * Reads properties, with the given environment.
   *
   * @throws ExporterSettingsException naming all that is missing or wrong
   */
  public static ExporterSettings from(Properties properties, Map<String, String> environment) {
    Map<String, String> all = new TreeMap<>();
    properties.stringPropertyNames().forEach(key -> all.put(key, properties.getProperty(key)));
    List<String> problems = new ArrayList<>();
    Map<String, String> kafka = withoutPrefix(all, "kafka.");
    if (kafka.getOrDefault(BOOTSTRAP, "").isBlank()) {
      problems.add("kafka.bootstrap.servers is not set: name the brokers, as in host:9092");
    }
    List<SinkInstance> sinks = sinks(all, problems);
    Duration first = millis(all, "retry.backoff.ms", 200, problems);
    Duration longest = millis(all, "retry.backoff.max.ms", 30_000, problems);
    if (!problems.isEmpty()) {
      throw new ExporterSettingsException(problems);
    }
    String deadLetters =
        all.getOrDefault("errors.deadletterqueue.topic.name", Topics.DEAD_LETTERS).strip();
    return new ExporterSettings(
        kafka,
        registry(all),
        sinks,
        environment(all, environment),
        deadLetters,
        new RetrySettings(first, longest),
        all.getOrDefault("group.id.prefix", "pgstitch-exporter-").strip(),
        names(all.getOrDefault("hosts", "")));
  }

  private static List<SinkInstance> sinks(Map<String, String> all, List<String> problems) {
    Map<String, Map<String, String>> byName = new LinkedHashMap<>();
    names(all.getOrDefault("sinks", "")).forEach(name -> byName.put(name, new TreeMap<>()));
    Map<String, String> settings = withoutPrefix(all, "sink.");
    settings.keySet().stream()
        .filter(key -> key.endsWith(".type"))
        .map(key -> key.substring(0, key.length() - ".type".length()))
        .forEach(name -> byName.putIfAbsent(name, new TreeMap<>()));
    settings.forEach(
        (key, value) -> {
          int dot = key.indexOf('.');
          Map<String, String> known = dot < 0 ? null : byName.get(key.substring(0, dot));
          if (known == null) {
            problems.add("sink." + key + " belongs to no sink: add its sink to sinks=");
          } else {
            known.put(key.substring(dot + 1), value);
          }
        });
    List<SinkInstance> sinks = new ArrayList<>();
    byName.forEach(
        (name, values) -> {
          if (!NAME.matcher(name).matches()) {
            problems.add("sink name '" + name + "' may only have a-z, 0-9, _ and -, at most 60");
          }
          String type = values.remove("type");
          sinks.add(new SinkInstance(name, type == null ? name : type.strip(), values));
        });
    if (sinks.isEmpty()) {
      problems.add("no sink is set: for example sinks=otlp,file");
    }
    return sinks;
  }

  private static Set<String> names(String list) {
    Set<String> names = new LinkedHashSet<>();
    for (String name : list.split(",", -1)) {
      if (!name.isBlank()) {
        names.add(name.strip());
      }
    }
    return names;
  }

  private static Map<String, String> registry(Map<String, String> all) {
    Map<String, String> registry = new HashMap<>();
    all.forEach(
        (key, value) -> {
          if (key.startsWith("schema.registry.")
              || key.startsWith("basic.auth.")
              || key.equals("auto.register.schemas")) {
            registry.put(key, value);
          }
        });
    return registry;
  }

  private static Map<String, String> environment(
      Map<String, String> all, Map<String, String> process) {
    Map<String, String> environment = new HashMap<>(process);
    all.forEach(
        (key, value) -> {
          if (key.startsWith("otel.")) {
            environment.put(key.replace('.', '_').toUpperCase(Locale.ROOT), value);
          }
        });
    return environment;
  }

  private static Map<String, String> withoutPrefix(Map<String, String> all, String prefix) {
    Map<String, String> found = new TreeMap<>();
    all.forEach(
        (key, value) -> {
          if (key.startsWith(prefix)) {
            found.put(key.substring(prefix.length()), value.strip());
          }
        });
    return found;
  }

  private static Duration millis(
      Map<String, String> all, String key, long byDefault, List<String> problems) {
    String text = all.getOrDefault(key, Long.toString(byDefault)).strip();
    try {
      long value = Long.parseLong(text);
      if (value > 0) {
        return Duration.ofMillis(value);
      }
    } catch (NumberFormatException e) {
      // named below
    }
    problems.add(key + "=" + text + " is not a positive number of milliseconds");
    return Duration.ofMillis(byDefault);
  }
}
