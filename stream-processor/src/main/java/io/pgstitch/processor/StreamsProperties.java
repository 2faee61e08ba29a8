package io.pgstitch.processor;

import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.topology.DeadLetters;
import io.pgstitch.schema.TopicProvisioner;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.streams.StreamsConfig;

/** Settings of Kafka Streams: what we need, over it what the operator set. */
final class StreamsProperties {
  private StreamsProperties() {}

  static Properties of(ProcessorSettings settings, StitchCounters counters) {
    Properties config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, settings.applicationId());
    config.put(StreamsConfig.STATE_DIR_CONFIG, settings.stateDir().toString());
    config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, settings.threads());
    config.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, settings.standbyReplicas());
    config.put(
        StreamsConfig.PROCESSING_GUARANTEE_CONFIG,
        settings.exactlyOnce() ? StreamsConfig.EXACTLY_ONCE_V2 : StreamsConfig.AT_LEAST_ONCE);
    config.put(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, true);
    config.put(StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG, DeadLetters.class);
    config.put(StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG, DeadLetters.class);
    config.put(StreamsConfig.PROCESSING_EXCEPTION_HANDLER_GLOBAL_ENABLED_CONFIG, true);
    config.put(StreamsConfig.PRODUCTION_EXCEPTION_HANDLER_CLASS_CONFIG, DeadLetters.class);
    config.put(
        StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG, settings.deadLetterTopic());
    config.put(DeadLetters.COUNTERS, counters);
    config.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    // A task has one partition: there is no other whose records could be earlier, and looking for
    // them costs a text for each record.
    config.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, StreamsConfig.MAX_TASK_IDLE_MS_DISABLED);
    sizes(config);
    // Without Streams' prefix: a prefixed setting would win over the operator's without one.
    config.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
    // The broker answers the first batch of a transaction with "concurrent transactions" while it
    // still writes the end of the one before. Were more in flight, each of them would be refused as
    // out of order and sent again.
    config.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
    // A trace has some kilobytes: with Kafka's 16 KiB a batch would hold a handful of them, and
    // each
    // batch costs a compressor of its own here and a pass through the broker's log.
    config.put(ProducerConfig.BATCH_SIZE_CONFIG, 256 << 10);
    if (!settings.instanceId().isEmpty()) {
      config.put(
          StreamsConfig.consumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG),
          settings.instanceId());
    }
    config.putAll(settings.kafka());
    return config;
  }

  /**
   * Whatever one of our topics takes is read in one fetch and written in one request. The state's
   * changelog takes as much: a session's state has the text of its statement.
   */
  private static void sizes(Properties config) {
    int largest = TopicProvisioner.MAX_MESSAGE_BYTES;
    config.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, largest);
    config.put(StreamsConfig.topicPrefix(TopicConfig.MAX_MESSAGE_BYTES_CONFIG), largest);
    config.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, largest);
    config.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 2 * largest);
  }
}
