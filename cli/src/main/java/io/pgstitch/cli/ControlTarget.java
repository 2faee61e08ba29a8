package io.pgstitch.cli;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Whom a session command talks to.
 *
 * @param host whose sessions are meant
 * @param kafka settings of the Kafka clients
 * @param registry settings of the schema registry's client
 * @param traces directory of the trace files, where it is known
 */
record ControlTarget(
    String host, Map<String, String> kafka, Map<String, String> registry, Optional<Path> traces) {
  String brokers() {
    return kafka.getOrDefault("bootstrap.servers", "");
  }

  ControlTarget on(String otherHost) {
    return new ControlTarget(
        otherHost, kafka, registry, otherHost.equals(host) ? traces : Optional.empty());
  }
}
