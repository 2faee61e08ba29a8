package io.pgstitch.exporter;

import io.pgstitch.schema.ProducerGuarantees;
import io.pgstitch.schema.TopicProvisioner;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Makes Kafka clients: our defaults, over them the operator's settings, over them what must be. */
final class KafkaClients {

  private static final int LARGEST = TopicProvisioner.MAX_MESSAGE_BYTES;

  private final Map<String, String> operator;
  private final String groupPrefix;

  KafkaClients(Map<String, String> operator, String groupPrefix) {
    this.operator = operator;
    this.groupPrefix = groupPrefix;
  }

  Admin admin() {
    return Admin.create(new HashMap<String, Object>(operator));
  }

  Producer<byte[], byte[]> producer() {
    Map<String, Object> config = new HashMap<>();
    // A dead letter is as large as the record that it was.
    config.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Integer.toString(LARGEST));
    config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, "30000");
    config.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, "10000");
    config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, "10000");
    config.putAll(operator);
    ProducerGuarantees.putInto(config);
    config.remove(ProducerConfig.TRANSACTIONAL_ID_CONFIG);
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** The consumer group of the sink of this name. */
  String group(String sink) {
    return groupPrefix + sink;
  }

  /** A consumer in the group of the sink of this name. */
  Consumer<byte[], byte[]> consumer(String sink) {
    Properties config = new Properties();
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    config.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, "2000");
    config.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, Integer.toString(LARGEST));
    config.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, Integer.toString(2 * LARGEST));
    // A topic that is made after us is seen soon.
    config.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, "10000");
    if (!"consumer".equalsIgnoreCase(operator.get(ConsumerConfig.GROUP_PROTOCOL_CONFIG))) {
      config.put(
          ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
          CooperativeStickyAssignor.class.getName());
    }
    config.putAll(operator);
    config.put(ConsumerConfig.GROUP_ID_CONFIG, group(sink));
    config.put(ConsumerConfig.CLIENT_ID_CONFIG, group(sink));
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }
}
