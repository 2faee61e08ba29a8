package io.pgstitch.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Properties;
import org.junit.jupiter.api.Test;

class ProcessorSettingsTest {
  private final Properties properties = new Properties();

  @Test
  void kafkaSettingsArePassedWithoutPrefix() {
    properties.put("kafka.bootstrap.servers", "a:1");
    properties.put("kafka.security.protocol", "SSL");
    assertThat(ProcessorSettings.from(properties).kafka())
        .containsEntry("bootstrap.servers", "a:1")
        .containsEntry("security.protocol", "SSL");
  }

  @Test
  void missingBrokersAndWrongNumbersAreNamedTogether() {
    properties.put("threads", "many");
    assertThatThrownBy(() -> ProcessorSettings.from(properties))
        .hasMessageContaining("kafka.bootstrap.servers is not set")
        .hasMessageContaining("threads is 'many', must be a whole number from 1 to 1024");
  }

  @Test
  void unknownKeyIsRefused() {
    properties.put("kafka.bootstrap.servers", "a:1");
    properties.put("thread", "2");
    assertThatThrownBy(() -> ProcessorSettings.from(properties))
        .hasMessageContaining("'thread' is not a setting of the processor");
  }

  @Test
  void collectorsClusterIsRefused() {
    properties.put("kafka.bootstrap.servers", "a:1");
    properties.put("cluster", "fleet");
    assertThatThrownBy(() -> ProcessorSettings.from(properties))
        .hasMessageContaining("'cluster' is not a setting of the processor");
  }

  @Test
  void exactlyOnceIsTheDefault() {
    properties.put("kafka.bootstrap.servers", "a:1");
    assertThat(ProcessorSettings.from(properties).exactlyOnce()).isTrue();
  }
}
