package io.pgstitch.processor.replay;

import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;

/**
 * The raw events that Kafka retains of a time, partition by partition.
 *
 * <p>A partition is read to its end as it was at the start, not to the first record after the time:
 * hosts' clocks differ, and a collector that could not reach Kafka sends late. Records of other
 * times are passed over undecoded.
 */
public final class KafkaSource implements RawSource {
  /** Kafka may elect leaders or restart meanwhile; longer, and the replay ends. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final RawTopic topic;
  private final String id;
  private final long fromMs;
  private final long toMs;
  private final TraceSelection selection;
  private final Map<Integer, Long> starts = new HashMap<>();
  private final Map<Integer, Long> ends = new HashMap<>();
  private final Map<Integer, Long> undecodable = new HashMap<>();
  private final Optional<String> missing;

  /**
   * Connects, and finds the time in each partition.
   *
   * @param kafka settings of the clients
   * @param id id of the cluster and its topic
   * @param from begin with records of this time
   * @param to end with records before this time
   * @param selection keys that it does not want are passed over
   * @throws ReplayException when the topic is not there or Kafka does not answer
   */
  public KafkaSource(
      Map<String, String> kafka,
      SchemaRegistry registry,
      String id,
      Instant from,
      Instant to,
      TraceSelection selection) {
    this.topic = new RawTopic(kafka, registry);
    this.id = id;
    this.fromMs = from.toEpochMilli();
    this.toMs = to.toEpochMilli();
    this.selection = selection;
    try {
      this.missing = find();
    } catch (RuntimeException e) {
      topic.close();
      throw e;
    }
  }

  private Optional<String> find() {
    Map<TopicPartition, Long> end = topic.ends();
    Map<TopicPartition, Long> beginning = topic.beginnings();
    Map<TopicPartition, OffsetAndTimestamp> first = topic.firstSince(fromMs);
    long retainedSince = Long.MIN_VALUE;
    for (TopicPartition partition : topic.partitions()) {
      OffsetAndTimestamp at = first.get(partition);
      long ended = end.get(partition);
      long start = at == null ? ended : Math.min(at.offset(), ended);
      starts.put(partition.partition(), start);
      ends.put(partition.partition(), ended);
      if (at != null && start > 0 && start == beginning.get(partition)) {
        retainedSince = Math.max(retainedSince, at.timestamp());
      }
    }
    return retainedSince == Long.MIN_VALUE
        ? Optional.empty()
        : Optional.of(
            "Kafka retains raw events of some sessions only since "
                + Instant.ofEpochMilli(retainedSince)
                + "; statements that had begun before are marked");
  }

  @Override
  public List<Integer> streams() {
    return topic.partitions().stream().map(TopicPartition::partition).toList();
  }

  @Override
  public long size(int stream) {
    return ends.get(stream) - starts.get(stream);
  }

  @Override
  public void read(int stream, Reader to) {
    TopicPartition partition = new TopicPartition(Topics.RAW_EVENTS, stream);
    long start = starts.get(stream);
    long end = ends.get(stream);
    long size = Math.max(1, end - start);
    long position = start;
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    undecodable.put(stream, 0L);
    topic.seek(Map.of(partition, start));
    while (position < end) {
      ConsumerRecords<byte[], byte[]> records = topic.poll();
      for (ConsumerRecord<byte[], byte[]> record : records) {
        if (record.offset() < end) {
          take(record, to);
        }
      }
      long now = topic.position(partition);
      if (now > position) {
        position = now;
        deadline = System.nanoTime() + PATIENCE.toNanos();
        to.reached(Math.min(1.0, (double) (position - start) / size));
      } else if (System.nanoTime() - deadline > 0) {
        throw new ReplayException(
            "Kafka gave nothing of " + partition + " for " + PATIENCE.toSeconds() + " s",
            "Run the same command again once the brokers answer: it goes on where it was.",
            null);
      }
    }
  }

  private void take(ConsumerRecord<byte[], byte[]> record, Reader to) {
    if (record.timestamp() < fromMs || record.timestamp() >= toMs) {
      return;
    }
    String key = record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
    if (!selection.mayWant(key)) {
      return;
    }
    Optional<RawEventBatch> batch = topic.decode(record);
    if (batch.isPresent()) {
      to.record(new RawRecord(record.offset(), key, record.timestamp(), batch.get()));
    } else {
      undecodable.merge(record.partition(), 1L, Long::sum);
    }
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public long undecodable() {
    return undecodable.values().stream().mapToLong(Long::longValue).sum();
  }

  @Override
  public Optional<String> missing() {
    return missing;
  }

  @Override
  public Optional<String> damage() {
    return Optional.empty();
  }

  @Override
  public void close() {
    topic.close();
  }
}
