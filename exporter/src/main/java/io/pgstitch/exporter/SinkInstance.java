package io.pgstitch.exporter;

import java.util.Map;

/**
 * One sink as configured.
 *
 * @param name its name, part of the consumer group and of its counters
 * @param type name of its factory
 * @param values its settings, without prefix
 */
public record SinkInstance(String name, String type, Map<String, String> values) {

  /** Copies the map. */
  public SinkInstance {
    values = Map.copyOf(values);
  }
}
