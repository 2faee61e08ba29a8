package io.pgstitch.exporter.runner;

import io.pgstitch.exporter.sink.Partition;
import io.pgstitch.exporter.sink.SinkRecord;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * Turns what Kafka gave into records for a sink.
 *
 * @param <T> type of the records
 */
public final class RecordDecoder<T> {

  private final Deserializer<T> deserializer;
  private final TopicIds topicIds;

  /** Reads values with {@code deserializer} and names partitions with {@code topicIds}. */
  public RecordDecoder(Deserializer<T> deserializer, TopicIds topicIds) {
    this.deserializer = deserializer;
    this.topicIds = topicIds;
  }

  /**
   * Decodes all that was read into {@code pending}; what is not ours becomes a dead letter.
   *
   * @throws RuntimeException when the registry or the brokers cannot be asked: nothing was decoded
   */
  void decode(Pending<T> pending) {
    List<SinkRecord<T>> records = new ArrayList<>(pending.raw().size());
    List<DeadLetter> undecodable = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : pending.raw()) {
      try {
        T value = deserializer.deserialize(record.topic(), record.value());
        if (value == null) {
          throw new SerializationException("a record without value is not ours");
        }
        String topicId = topicIds.of(record.topic());
        Partition partition = new Partition(record.topic(), topicId, record.partition());
        records.add(new SinkRecord<>(partition, record.offset(), value));
      } catch (SerializationException e) {
        undecodable.add(
            new DeadLetter(
                record, "VALUE_CONVERTER", e.getClass().getName(), String.valueOf(e.getMessage())));
      }
    }
    pending.decoded(records, undecodable);
  }
}
