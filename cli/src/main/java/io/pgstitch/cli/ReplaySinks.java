package io.pgstitch.cli;

import io.pgstitch.exporter.DirectExporter;
import io.pgstitch.exporter.ExporterSettingsException;
import io.pgstitch.exporter.SinkInstance;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/** The sinks that a replay writes to. */
final class ReplaySinks {
  /** A backend may restart meanwhile. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final String FILE = "file";
  private static final String JSONL = "jsonl";
  private static final String OTLP = "otlp";
  private static final String DIRECTORY = "directory";

  private final List<SinkInstance> instances;

  /**
   * @param names as {@code --sink} has them: types, or sinks of the properties file
   * @param properties of an exporter, which may be empty
   * @param out where files go, empty when nobody said
   * @param otlpEndpoint where spans go, empty for what environment and properties say
   */
  ReplaySinks(
      List<String> names,
      Properties properties,
      Optional<Path> out,
      Optional<String> otlpEndpoint) {
    List<SinkInstance> all = new ArrayList<>();
    for (String name : new LinkedHashSet<>(names)) {
      all.add(instance(name, properties, out, otlpEndpoint));
    }
    instances = List.copyOf(all);
  }

  private static SinkInstance instance(
      String name, Properties properties, Optional<Path> out, Optional<String> otlpEndpoint) {
    String prefix = "sink." + name + ".";
    Map<String, String> values = new HashMap<>();
    for (String key : properties.stringPropertyNames()) {
      if (key.startsWith(prefix)) {
        values.put(key.substring(prefix.length()), properties.getProperty(key).strip());
      }
    }
    String configured = values.remove("type");
    String type = configured == null ? name : configured;
    switch (type) {
      case FILE -> values.put(DIRECTORY, directory(type, out).resolve("traces").toString());
      case JSONL -> values.put(DIRECTORY, directory(type, out).toString());
      case OTLP -> otlpEndpoint.ifPresent(url -> values.put("endpoint", url));
      default -> {
        // Its factory takes what the file says, or there is none, which is said then.
      }
    }
    return new SinkInstance(name, type, values);
  }

  private static Path directory(String type, Optional<Path> out) {
    return out.orElseThrow(
        () ->
            CommandFailure.usage(
                "sink " + type + " writes files, and it is not said where",
                "Add --out DIR; what the live exporter writes is not touched by a replay."));
  }

  /** Whether any of them writes into the directory of {@code --out}. */
  boolean writeFiles() {
    return instances.stream().anyMatch(sink -> writes(sink, FILE) || writes(sink, JSONL));
  }

  /** Whether one of them is of this type. */
  boolean has(String type) {
    return instances.stream().anyMatch(sink -> writes(sink, type));
  }

  private static boolean writes(SinkInstance sink, String type) {
    return sink.type().equals(type);
  }

  /** Makes them. */
  DirectExporter open() {
    try {
      return new DirectExporter(instances, System.getenv(), PATIENCE);
    } catch (ExporterSettingsException e) {
      throw CommandFailure.usage(
          e.getMessage(),
          "Give --sink file, jsonl or otlp, or a sink of the exporter's properties file given by --config.");
    }
  }
}
