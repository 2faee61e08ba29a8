package io.pgstitch.cli;

import io.pgstitch.collector.CollectorSettings;
import io.pgstitch.processor.ProcessorSettings;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The keys that each role's properties file may have; one that ends in {@code *} stands for all
 * that begin so.
 */
final class RoleKeys {
  /** Keys that every role has; their defaults are Kafka's and the registry client's own. */
  static final List<String> COMMON =
      List.of(
          "kafka.*",
          "schema.registry.url",
          "schema.registry.request.timeout.ms",
          "schema.registry.ssl.truststore.location",
          "schema.registry.ssl.truststore.password",
          "schema.registry.ssl.truststore.type",
          "basic.auth.credentials.source",
          "basic.auth.user.info",
          "auto.register.schemas");

  private static final Set<String> EXPORTER =
      Set.of(
          "sinks",
          "sink.*",
          "otel.*",
          "retry.backoff.ms",
          "retry.backoff.max.ms",
          "errors.deadletterqueue.topic.name",
          "group.id.prefix",
          "hosts");

  private RoleKeys() {}

  static Collection<String> collector() {
    return with(CollectorSettings.defaults().keySet());
  }

  static Collection<String> processor() {
    return with(ProcessorSettings.defaults().keySet());
  }

  static Collection<String> exporter() {
    return with(EXPORTER);
  }

  private static Collection<String> with(Set<String> keys) {
    Set<String> all = new TreeSet<>(keys);
    all.addAll(COMMON);
    return all;
  }
}
