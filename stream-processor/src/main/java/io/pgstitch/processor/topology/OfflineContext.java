package io.pgstitch.processor.topology;

import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.TraceRecords;
import java.io.File;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.streams.StreamsMetrics;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.Punctuator;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/**
 * What {@link StitchProcessor} needs of Kafka Streams, in memory: a store, a clock, and where
 * output goes. What it does not need is not there.
 */
final class OfflineContext implements ProcessorContext<String, SpecificRecord> {
  private final MemoryStore store;
  private final OfflineStitching.Output output;
  private final List<Schedule> schedules = new ArrayList<>();
  private boolean begun;
  private long nowMs;

  OfflineContext(MemoryStore store, OfflineStitching.Output output) {
    this.store = store;
    this.output = output;
  }

  /** Something that is to happen again and again. */
  private static final class Schedule {
    private final long intervalMs;
    private final Punctuator callback;
    private long nextMs = Long.MAX_VALUE;

    Schedule(long intervalMs, Punctuator callback) {
      this.intervalMs = intervalMs;
      this.callback = callback;
    }
  }

  /** Time goes on to this, or stays; what was to happen until then happens. */
  void advance(long timeMs) {
    if (!begun) {
      begun = true;
      nowMs = timeMs;
      schedules.forEach(schedule -> schedule.nextMs = timeMs + schedule.intervalMs);
    }
    if (timeMs <= nowMs) {
      return;
    }
    nowMs = timeMs;
    for (Schedule schedule : List.copyOf(schedules)) {
      if (nowMs >= schedule.nextMs) {
        schedule.nextMs = nowMs + schedule.intervalMs;
        schedule.callback.punctuate(nowMs);
      }
    }
  }

  @Override
  public <K extends String, V extends SpecificRecord> void forward(Record<K, V> record) {
    throw unsupported("forward without a name");
  }

  @Override
  public <K extends String, V extends SpecificRecord> void forward(
      Record<K, V> record, String childName) {
    switch (childName) {
      case StitchTopology.TRACES_SINK -> output.trace(record.key(), (QueryTrace) record.value());
      case StitchTopology.RECORDS_SINK ->
          output.records(record.key(), (TraceRecords) record.value(), record.timestamp());
      default -> {
        // What else is published is of the moment, and of no use later.
      }
    }
  }

  @Override
  @SuppressWarnings("unchecked") // the caller says what it is, as in Kafka Streams
  public <S extends StateStore> S getStateStore(String name) {
    return (S) store;
  }

  @Override
  public Cancellable schedule(Duration interval, PunctuationType type, Punctuator callback) {
    Schedule schedule = new Schedule(interval.toMillis(), callback);
    schedules.add(schedule);
    return () -> schedules.remove(schedule);
  }

  @Override
  public Cancellable schedule(
      Instant start, Duration interval, PunctuationType type, Punctuator callback) {
    throw unsupported("a schedule that begins at a moment");
  }

  @Override
  public long currentSystemTimeMs() {
    return nowMs;
  }

  @Override
  public long currentStreamTimeMs() {
    return nowMs;
  }

  @Override
  public void commit() {}

  @Override
  public Optional<RecordMetadata> recordMetadata() {
    return Optional.empty();
  }

  @Override
  public String applicationId() {
    throw unsupported("an application id");
  }

  @Override
  public TaskId taskId() {
    throw unsupported("a task");
  }

  @Override
  public Serde<?> keySerde() {
    throw unsupported("a serde");
  }

  @Override
  public Serde<?> valueSerde() {
    throw unsupported("a serde");
  }

  @Override
  public File stateDir() {
    throw unsupported("a directory");
  }

  @Override
  public StreamsMetrics metrics() {
    throw unsupported("metrics");
  }

  @Override
  public Map<String, Object> appConfigs() {
    return Map.of();
  }

  @Override
  public Map<String, Object> appConfigsWithPrefix(String prefix) {
    return Map.of();
  }

  private static UnsupportedOperationException unsupported(String what) {
    return new UnsupportedOperationException("outside Kafka Streams there is not " + what);
  }
}
