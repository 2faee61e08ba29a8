package io.pgstitch.exporter.runner;

import io.pgstitch.exporter.sink.Answer;
import io.pgstitch.exporter.sink.SinkRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * What was read and is not yet committed: raw records first, then what became of them. Empty, or in
 * one of three states in turn: to decode, to deliver, to bury (dead letters); all the while it
 * knows the offsets to commit at the end.
 *
 * @param <T> type of the records
 */
final class Pending<T> {

  private final List<ConsumerRecord<byte[], byte[]>> raw = new ArrayList<>();
  private final Map<TopicPartition, OffsetAndMetadata> reached = new HashMap<>();
  private final List<DeadLetter> letters = new ArrayList<>();
  private List<SinkRecord<T>> decoded = List.of();
  private boolean isDecoded;

  /**
   * Adds what a poll brought; the offsets may have moved over markers alone.
   *
   * @return how many records were passed over because they are of other hosts
   */
  int add(ConsumerRecords<byte[], byte[]> records, HostFilter hosts) {
    int passedOver = 0;
    for (ConsumerRecord<byte[], byte[]> record : records) {
      if (hosts.accepts(record.key())) {
        raw.add(record);
      } else {
        passedOver++;
      }
    }
    reached.putAll(records.nextOffsets());
    return passedOver;
  }

  boolean isEmpty() {
    return reached.isEmpty();
  }

  boolean isDecoded() {
    return isDecoded;
  }

  List<ConsumerRecord<byte[], byte[]>> raw() {
    return raw;
  }

  List<SinkRecord<T>> decoded() {
    return decoded;
  }

  List<DeadLetter> letters() {
    return letters;
  }

  Map<TopicPartition, OffsetAndMetadata> reached() {
    return reached;
  }

  /** Takes the records that could be read, and letters for the others. */
  void decoded(List<SinkRecord<T>> records, List<DeadLetter> undecodable) {
    decoded = records;
    letters.addAll(undecodable);
    isDecoded = true;
  }

  /** Takes an answer: what is to be retried stays, what was rejected becomes dead letters. */
  void answered(Answer<T> answer) {
    for (Answer.Rejection<T> rejection : answer.rejected()) {
      letters.add(
          new DeadLetter(rawOf(rejection.record()), "TASK_PUT", "rejected", rejection.reason()));
    }
    decoded = answer.retry();
  }

  /** How many records have neither been delivered nor buried. */
  int undecided() {
    return isDecoded ? decoded.size() + letters.size() : raw.size();
  }

  /** Forgets what belongs to partitions that are no longer ours. */
  void drop(Collection<TopicPartition> partitions) {
    partitions.forEach(reached::remove);
    raw.removeIf(record -> partitions.contains(partition(record)));
    letters.removeIf(letter -> partitions.contains(partition(letter.record())));
    decoded =
        decoded.stream()
            .filter(
                r ->
                    !partitions.contains(
                        new TopicPartition(r.partition().topic(), r.partition().number())))
            .toList();
    if (reached.isEmpty()) {
      clear();
    }
  }

  void clear() {
    raw.clear();
    reached.clear();
    letters.clear();
    decoded = List.of();
    isDecoded = false;
  }

  private ConsumerRecord<byte[], byte[]> rawOf(SinkRecord<T> wanted) {
    for (ConsumerRecord<byte[], byte[]> record : raw) {
      if (record.offset() == wanted.offset()
          && record.partition() == wanted.partition().number()
          && record.topic().equals(wanted.partition().topic())) {
        return record;
      }
    }
    throw new IllegalStateException("the sink rejected " + wanted + ", which it was not given");
  }

  private static TopicPartition partition(ConsumerRecord<?, ?> record) {
    return new TopicPartition(record.topic(), record.partition());
  }
}
