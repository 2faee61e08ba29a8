package io.pgstitch.processor.replay;

import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SchemaRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;

/** Copies raw events from Kafka to a recording. */
public final class Recorder implements AutoCloseable {
  private static final Duration FLUSH_EVERY = Duration.ofSeconds(1);

  private final RawTopic topic;
  private final TraceSelection selection;
  private final long fromMs;
  private final long toMs;
  private final Map<TopicPartition, Long> ends;
  private long undecodable;

  /**
   * Connects; what comes from now on will be read.
   *
   * @param kafka settings of the clients
   * @param selection sessions to record
   * @param from begin with records of this time; empty for now
   * @param to end before records of this time, which has passed; empty to go on until asked to stop
   * @throws ReplayException when the topic is not there or Kafka does not answer
   */
  public Recorder(
      Map<String, String> kafka,
      SchemaRegistry registry,
      TraceSelection selection,
      Optional<Instant> from,
      Optional<Instant> to) {
    this.topic = new RawTopic(kafka, registry);
    this.selection = selection;
    this.fromMs = from.map(Instant::toEpochMilli).orElse(Long.MIN_VALUE);
    this.toMs = to.map(Instant::toEpochMilli).orElse(Long.MAX_VALUE);
    try {
      Map<TopicPartition, Long> now = topic.ends();
      Map<TopicPartition, Long> starts = new HashMap<>(now);
      if (from.isPresent()) {
        Map<TopicPartition, OffsetAndTimestamp> first = topic.firstSince(fromMs);
        starts.replaceAll(
            (partition, end) ->
                first.containsKey(partition) ? Math.min(first.get(partition).offset(), end) : end);
      }
      this.ends = to.isPresent() ? now : Map.of();
      topic.seek(starts);
    } catch (RuntimeException e) {
      topic.close();
      throw e;
    }
  }

  /** Copies until the asked time is over, or for ever, or until {@code stop} says so. */
  public void run(RecordingFile to, BooleanSupplier stop) {
    long nextFlush = System.nanoTime() + FLUSH_EVERY.toNanos();
    while (!stop.getAsBoolean() && (ends.isEmpty() || !topic.reached(ends))) {
      for (ConsumerRecord<byte[], byte[]> record : topic.poll()) {
        copy(record, to);
      }
      if (System.nanoTime() - nextFlush >= 0) {
        to.flush();
        nextFlush = System.nanoTime() + FLUSH_EVERY.toNanos();
      }
    }
    to.flush();
  }

  private void copy(ConsumerRecord<byte[], byte[]> record, RecordingFile to) {
    boolean inTime = record.timestamp() >= fromMs && record.timestamp() < toMs;
    if (!inTime || !selection.mayWant(key(record))) {
      return;
    }
    Optional<RawEventBatch> batch = topic.decode(record);
    if (batch.isEmpty()) {
      undecodable++;
    } else if (selection.wantsEventsOf(batch.get().getBackend())) {
      to.add(record, batch.get());
    }
  }

  private static String key(ConsumerRecord<byte[], byte[]> record) {
    return record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
  }

  /** Records that were left out because they are none of ours or damaged. */
  public long undecodable() {
    return undecodable;
  }

  @Override
  public void close() {
    topic.close();
  }
}
