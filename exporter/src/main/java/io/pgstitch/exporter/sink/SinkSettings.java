package io.pgstitch.exporter.sink;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the operator set for one sink.
 *
 * @param instance name of the instance, unique in the exporter
 * @param values settings with the prefix {@code sink.INSTANCE.} removed, {@code type} left out
 * @param environment variables of the process, {@code OTEL_*} among them
 */
public record SinkSettings(
    String instance, Map<String, String> values, Map<String, String> environment) {

  /** Copies the maps. */
  public SinkSettings {
    values = Map.copyOf(values);
    environment = Map.copyOf(environment);
  }

  /** The setting, or empty when it is not set or blank. */
  public Optional<String> get(String key) {
    return Optional.ofNullable(values.get(key)).map(String::strip).filter(v -> !v.isEmpty());
  }

  /** The environment variable, or empty when it is not set or blank. */
  public Optional<String> environment(String variable) {
    return Optional.ofNullable(environment.get(variable))
        .map(String::strip)
        .filter(v -> !v.isEmpty());
  }

  /** One problem for each setting that is not among {@code known}. */
  public List<String> unknown(Set<String> known) {
    List<String> problems = new ArrayList<>();
    for (String key : new TreeSet<>(values.keySet())) {
      if (!known.contains(key)) {
        problems.add(
            "unknown setting sink."
                + instance
                + "."
                + key
                + " (known: "
                + String.join(", ", new TreeSet<>(known))
                + ")");
      }
    }
    return problems;
  }
}
