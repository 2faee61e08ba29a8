package io.pgstitch.benchmarks;

import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.BundledSchemaRegistry;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.Topics;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/**
 * What came into the topic of raw events.
 *
 * @param batches records
 * @param events in them
 * @param lost events that they say were lost before
 */
record TopicTally(long batches, long events, long lost) {
  /** Reads from where the consumer stands to where the topic ends now. */
  static TopicTally read(KafkaConsumer<byte[], byte[]> topic) {
    Map<TopicPartition, Long> ends = topic.endOffsets(topic.assignment());
    long batches = 0;
    long events = 0;
    long lost = 0;
    try (AvroDeserializer<RawEventBatch> deserializer =
        new AvroDeserializer<>(RawEventBatch.class, new BundledSchemaRegistry())) {
      while (ends.entrySet().stream().anyMatch(e -> topic.position(e.getKey()) < e.getValue())) {
        for (ConsumerRecord<byte[], byte[]> record : topic.poll(Duration.ofSeconds(1))) {
          RawEventBatch batch = deserializer.deserialize(Topics.RAW_EVENTS, record.value());
          batches++;
          events += batch.getEvents().size();
          lost += batch.getLostBefore();
        }
      }
    }
    return new TopicTally(batches, events, lost);
  }
}
