package io.pgstitch.exporter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;

class ExporterSettingsTest {

  @Test
  void namedInstancesHaveTheirTypeAndSettings() {
    ExporterSettings settings =
        from("sinks", "file", "sink.tempo.type", "otlp", "sink.tempo.endpoint", "http://t:4317");
    assertThat(settings.sinks())
        .containsExactly(
            new SinkInstance("file", "file", Map.of()),
            new SinkInstance("tempo", "otlp", Map.of("endpoint", "http://t:4317")));
  }

  @Test
  void otelPropertiesBecomeEnvironmentVariables() {
    assertThat(from("sinks", "otlp", "otel.exporter.otlp.endpoint", "http://t:4317").environment())
        .containsEntry("OTEL_EXPORTER_OTLP_ENDPOINT", "http://t:4317");
  }

  @Test
  void hostsAndGroupPrefixAreThoseThatWereGiven() {
    ExporterSettings settings =
        from("sinks", "file", "hosts", "db1, db2", "group.id.prefix", "night-");
    assertThat(settings.hosts()).containsExactlyInAnyOrder("db1", "db2");
    assertThat(settings.groupPrefix()).isEqualTo("night-");
  }

  @Test
  void withoutThemAllHostsAreExportedInTheGroupsOfTheFleet() {
    ExporterSettings settings = from("sinks", "file");
    assertThat(settings.hosts()).isEmpty();
    assertThat(settings.groupPrefix()).isEqualTo("pgstitch-exporter-");
  }

  @Test
  void allProblemsAreNamedAtOnce() {
    Properties properties = new Properties();
    properties.setProperty("sink.nowhere.endpoint", "x");
    properties.setProperty("retry.backoff.ms", "soon");
    assertThatThrownBy(() -> ExporterSettings.from(properties, Map.of()))
        .isInstanceOf(ExporterSettingsException.class)
        .hasMessageContainingAll(
            "kafka.bootstrap.servers", "sink.nowhere.endpoint", "no sink", "retry.backoff.ms");
  }

  private static ExporterSettings from(String... pairs) {
    Properties properties = new Properties();
    properties.setProperty("kafka.bootstrap.servers", "localhost:9092");
    for (int i = 0; i < pairs.length; i += 2) {
      properties.setProperty(pairs[i], pairs[i + 1]);
    }
    return ExporterSettings.from(properties, Map.of());
  }
}
