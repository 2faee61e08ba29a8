package io.pgstitch.processor;

import io.pgstitch.processor.stitch.StitchLimits;
import io.pgstitch.processor.topology.SessionTimes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * What the operator set; the README of the module lists the keys.
 *
 * @param applicationId names the consumer group, the changelog and the transactions
 * @param stateDir directory of Kafka Streams for its checkpoints
 * @param threads threads that stitch
 * @param standbyReplicas copies of the state kept warm in other instances
 * @param instanceId static membership of this instance, empty for none
 * @param exactlyOnce whether output and progress are committed together
 * @param limits what a session may hold, and how long a trace may get
 * @param times how long silence may last, and when a statement is published as running
 * @param deadLetterTopic where records go that cannot be read or stitched
 * @param createTopics whether missing topics are created at the start
 * @param topicPartitions partitions of topics that are created
 * @param topicReplication replication of topics that are created
 * @param rawRetention retention of the raw events' topic if it is created
 * @param kafka settings passed to the Kafka clients and Kafka Streams
 * @param registry settings of the schema registry's client
 */
public record ProcessorSettings(
    String applicationId,
    Path stateDir,
    int threads,
    int standbyReplicas,
    String instanceId,
    boolean exactlyOnce,
    StitchLimits limits,
    SessionTimes times,
    String deadLetterTopic,
    boolean createTopics,
    int topicPartitions,
    short topicReplication,
    Duration rawRetention,
    Map<String, String> kafka,
    Map<String, String> registry) {

  private static final String KAFKA = "kafka.";

  /** Keeps copies of the maps. */
  public ProcessorSettings {
    kafka = Map.copyOf(kafka);
    registry = Map.copyOf(registry);
  }

  /** All keys that have a default, with it. */
  public static Map<String, String> defaults() {
    Map<String, String> defaults = new LinkedHashMap<>();
    defaults.put("application.id", "pgstitch-processor");
    defaults.put("state.dir", "/var/lib/pgstitch/processor");
    defaults.put("threads", "1");
    defaults.put("standby.replicas", "0");
    defaults.put("instance.id", "");
    defaults.put("exactly.once", "true");
    defaults.put("trace.part.spans", "2000");
    defaults.put("trace.part.chars", "1048576");
    defaults.put("trace.span.limit", "100000000");
    defaults.put("trace.age.limit.hours", "168");
    defaults.put("trace.idle.expiry.minutes", "360");
    defaults.put("open.queries.after.ms", "1000");
    defaults.put("session.idle.expiry.hours", "168");
    defaults.put("errors.deadletterqueue.topic.name", "pgstitch.dead-letters");
    defaults.put("topic.create", "true");
    defaults.put("topic.partitions", "6");
    defaults.put("topic.replication", "1");
    defaults.put("topic.raw.retention.hours", "24");
    return defaults;
  }

  /**
   * Reads settings.
   *
   * @throws IllegalArgumentException naming everything that is wrong and what would be right
   */
  public static ProcessorSettings from(Properties properties) {
    Map<String, String> values = new TreeMap<>(defaults());
    Map<String, String> kafka = new TreeMap<>();
    Map<String, String> registry = new TreeMap<>();
    List<String> problems = new ArrayList<>();
    for (String key : properties.stringPropertyNames()) {
      String value = properties.getProperty(key).strip();
      if (key.startsWith(KAFKA)) {
        kafka.put(key.substring(KAFKA.length()), value);
      } else if (isRegistry(key)) {
        registry.put(key, value);
      } else if (values.containsKey(key)) {
        values.put(key, value);
      } else {
        problems.add("'" + key + "' is not a setting of the processor");
      }
    }
    if (kafka.getOrDefault("bootstrap.servers", "").isEmpty()) {
      problems.add("kafka.bootstrap.servers is not set: name the brokers, as in host:9092");
    }
    Numbers numbers = new Numbers(values, problems);
    ProcessorSettings settings =
        new ProcessorSettings(
            values.get("application.id"),
            Path.of(values.get("state.dir")),
            numbers.of("threads", 1, 1024),
            numbers.of("standby.replicas", 0, 10),
            values.get("instance.id"),
            numbers.flag("exactly.once"),
            limits(numbers),
            times(numbers),
            values.get("errors.deadletterqueue.topic.name"),
            numbers.flag("topic.create"),
            numbers.of("topic.partitions", 1, 10_000),
            (short) numbers.of("topic.replication", 1, 100),
            Duration.ofHours(numbers.of("topic.raw.retention.hours", 1, 100_000)),
            kafka,
            registry);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException("processor settings: " + String.join("; ", problems));
    }
    return settings;
  }

  /** What decides how events are stitched. */
  public record Stitching(StitchLimits limits, SessionTimes times) {}

  /**
   * The part of a properties file that decides how events are stitched; the rest of it is not
   * looked at.
   *
   * @throws IllegalArgumentException naming all that is wrong
   */
  public static Stitching stitching(Properties properties) {
    Map<String, String> values = new TreeMap<>(defaults());
    values.replaceAll((key, standard) -> properties.getProperty(key, standard).strip());
    List<String> problems = new ArrayList<>();
    Numbers numbers = new Numbers(values, problems);
    Stitching stitching = new Stitching(limits(numbers), times(numbers));
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException("processor settings: " + String.join("; ", problems));
    }
    return stitching;
  }

  private static StitchLimits limits(Numbers numbers) {
    return StitchLimits.DEFAULT
        .withParts(
            numbers.of("trace.part.spans", 10, 100_000),
            numbers.of("trace.part.chars", 1_000, 2 << 20))
        .withTraces(
            numbers.of("trace.span.limit", 1_000, 1_000_000_000),
            Duration.ofHours(numbers.of("trace.age.limit.hours", 1, 100_000)));
  }

  private static SessionTimes times(Numbers numbers) {
    return new SessionTimes(
        Duration.ofHours(numbers.of("session.idle.expiry.hours", 1, 100_000)),
        Duration.ofMinutes(numbers.of("trace.idle.expiry.minutes", 2, 1_000_000)),
        Duration.ofMillis(numbers.of("open.queries.after.ms", 0, 3_600_000)));
  }

  private static boolean isRegistry(String key) {
    return key.startsWith("schema.registry.")
        || key.startsWith("basic.auth.")
        || key.equals("auto.register.schemas");
  }

  /** Reads numbers and flags, collecting what is wrong. */
  private record Numbers(Map<String, String> values, List<String> problems) {
    int of(String key, int least, int most) {
      try {
        int value = Integer.parseInt(values.get(key));
        if (value >= least && value <= most) {
          return value;
        }
      } catch (NumberFormatException e) {
        // Reported below with what would be right.
      }
      problems.add(
          "%s is '%s', must be a whole number from %d to %d"
              .formatted(key, values.get(key), least, most));
      return least;
    }

    boolean flag(String key) {
      String value = values.get(key);
      if (!value.equals("true") && !value.equals("false")) {
        problems.add("%s is '%s', must be true or false".formatted(key, value));
      }
      return value.equals("true");
    }
  }
}
