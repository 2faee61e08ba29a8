package io.pgstitch.exporter;

import io.pgstitch.exporter.sink.SinkFactory;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;

/** The sink types that are on the class path, by name. */
final class SinkFactories {

  private final Map<String, SinkFactory<?>> byName = new TreeMap<>();

  SinkFactories() {
    for (SinkFactory<?> factory : ServiceLoader.load(SinkFactory.class)) {
      byName.put(factory.name(), factory);
    }
  }

  /**
   * The factory of a type.
   *
   * @throws IllegalArgumentException when there is none; names those there are
   */
  SinkFactory<?> named(String type) {
    SinkFactory<?> factory = byName.get(type);
    if (factory == null) {
      throw new IllegalArgumentException(
          "there is no sink of type '" + type + "': use one of " + byName.keySet());
    }
    return factory;
  }
}
