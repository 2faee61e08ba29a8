package io.pgstitch.collector;

import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.BundledSchemaRegistry;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads all that is in the topic of raw events now. */
final class RawEvents {
  private RawEvents() {}

  static List<RawEventBatch> readAll(String bootstrapServers) {
    List<RawEventBatch> batches = new ArrayList<>();
    forEach(bootstrapServers, batches::add);
    return batches;
  }

  /** The same, one by one: partition after partition in no order, each in its own. */
  static void forEach(String bootstrapServers, Consumer<RawEventBatch> reader) {
    try (KafkaConsumer<String, RawEventBatch> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrapServers, "max.partition.fetch.bytes", "16000000"),
            new StringDeserializer(),
            new AvroDeserializer<>(RawEventBatch.class, new BundledSchemaRegistry()))) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.RAW_EVENTS).stream()
              .map(p -> new TopicPartition(p.topic(), p.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        for (ConsumerRecord<String, RawEventBatch> r : consumer.poll(Duration.ofSeconds(1))) {
          reader.accept(r.value());
        }
      }
    }
  }
}
