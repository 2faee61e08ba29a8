package io.pgstitch.benchmarks;

import io.pgstitch.schema.Topics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Counts what the processor writes: traces and lines of trace files, as Kafka values. */
final class WrittenBytes implements AutoCloseable {
  private final KafkaConsumer<byte[], byte[]> consumer;

  /** Counts from where the topics end now. */
  WrittenBytes(Broker broker) {
    consumer =
        new KafkaConsumer<>(
            Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                broker.address(),
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed",
                ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG,
                16 << 20),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    List<TopicPartition> partitions =
        Stream.of(Topics.QUERY_TRACES, Topics.TRACE_RECORDS)
            .flatMap(
                topic ->
                    IntStream.range(0, Broker.PARTITIONS)
                        .mapToObj(i -> new TopicPartition(topic, i)))
            .toList();
    consumer.assign(partitions);
    consumer.seekToEnd(partitions);
    partitions.forEach(consumer::position);
  }

  /** Bytes of the values from there to where the topics end now. */
  long count() {
    Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
    long bytes = 0;
    while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
        bytes += record.value().length;
      }
    }
    return bytes;
  }

  @Override
  public void close() {
    consumer.close();
  }
}
