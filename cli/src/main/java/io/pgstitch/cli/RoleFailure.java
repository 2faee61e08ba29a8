package io.pgstitch.cli;

import io.pgstitch.collector.Collector;
import io.pgstitch.exporter.Exporter;
import io.pgstitch.processor.StreamProcessor;
import java.util.Optional;

/** In words, what ended a role's work although nobody asked for it; empty while it works. */
final class RoleFailure {
  private RoleFailure() {}

  static Optional<String> of(Collector collector) {
    return Optional.ofNullable(collector.failure())
        .map(cause -> "the collector stopped reading events: " + cause);
  }

  static Optional<String> of(StreamProcessor processor) {
    return processor.failure().map(cause -> "the processor stopped: " + cause);
  }

  static Optional<String> of(Exporter exporter) {
    return exporter.isRunning()
        ? Optional.empty()
        : Optional.of("the exporter stopped: the thread of a sink ended by a fault");
  }
}
