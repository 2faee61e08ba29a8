package io.pgstitch.processor;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.schema.TopicProvisioner;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.streams.StreamsConfig;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StreamsPropertiesTest {
  private static final Integer LARGEST = TopicProvisioner.MAX_MESSAGE_BYTES;

  private final Properties properties = new Properties();

  @BeforeEach
  void brokers() {
    properties.put("kafka.bootstrap.servers", "a:1");
  }

  private StreamsConfig config() {
    return new StreamsConfig(
        StreamsProperties.of(ProcessorSettings.from(properties), new StitchCounters()));
  }

  private Map<String, Object> consumer() {
    return config().getMainConsumerConfigs("group", "client", 1);
  }

  @Test
  void producerSendsWhatOurTopicsTake() {
    assertThat(config().getProducerConfigs("client")).containsEntry("max.request.size", LARGEST);
  }

  @Test
  void changelogTakesWhatOurTopicsTake() {
    assertThat(config().originalsWithPrefix(StreamsConfig.TOPIC_PREFIX))
        .containsEntry("max.message.bytes", LARGEST);
  }

  @Test
  void consumersFetchTheLargestMessageAtOnce() {
    assertThat(consumer())
        .containsEntry("max.partition.fetch.bytes", LARGEST)
        .containsEntry("fetch.max.bytes", 2 * LARGEST);
    assertThat(config().getRestoreConsumerConfigs("client"))
        .containsEntry("max.partition.fetch.bytes", LARGEST);
  }

  @Test
  void operatorsSizesAndCompressionWin() {
    properties.put("kafka.max.request.size", "20000000");
    properties.put("kafka.compression.type", "zstd");
    properties.put("kafka.fetch.max.bytes", "90000000");
    assertThat(config().getProducerConfigs("client"))
        .containsEntry("max.request.size", "20000000")
        .containsEntry("compression.type", "zstd");
    assertThat(consumer()).containsEntry("fetch.max.bytes", "90000000");
  }
}
