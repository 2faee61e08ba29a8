package io.pgstitch.exporter;

import io.pgstitch.exporter.runner.DirectSink;
import io.pgstitch.exporter.sink.Partition;
import io.pgstitch.exporter.sink.SinkFactory;
import io.pgstitch.exporter.sink.SinkSettings;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Topics;
import io.pgstitch.schema.TraceRecords;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;

/**
 * Gives records to sinks without Kafka between them: what stands in no topic, as the output of a
 * replay. Not safe for several threads.
 */
public final class DirectExporter implements AutoCloseable {
  private final List<DirectSink<?>> sinks = new ArrayList<>();

  /**
   * Makes the sinks.
   *
   * @param environment variables for the sinks
   * @param patience how long a sink may refuse before the export fails
   * @throws ExporterSettingsException naming every sink that cannot be made, and why
   */
  public DirectExporter(
      List<SinkInstance> instances, Map<String, String> environment, Duration patience) {
    SinkFactories factories = new SinkFactories();
    List<String> problems = new ArrayList<>();
    for (SinkInstance instance : instances) {
      try {
        sinks.add(
            sink(
                new SinkSettings(instance.name(), instance.values(), environment),
                factories.named(instance.type()),
                patience));
      } catch (RuntimeException e) {
        problems.add(e.getMessage());
      }
    }
    if (!problems.isEmpty()) {
      close();
      throw new ExporterSettingsException(problems);
    }
  }

  private static <T extends SpecificRecord> DirectSink<T> sink(
      SinkSettings settings, SinkFactory<T> factory, Duration patience) {
    return new DirectSink<>(
        settings.instance(),
        factory.topic(),
        factory.recordType(),
        factory.create(settings),
        patience);
  }

  /** Gives a trace to the sinks that take traces. */
  public void trace(Partition partition, long offset, QueryTrace trace) {
    add(Topics.QUERY_TRACES, partition, offset, trace, trace.getSpans().size());
  }

  /** Gives records to the sinks that take records. */
  public void records(Partition partition, long offset, TraceRecords records) {
    add(Topics.TRACE_RECORDS, partition, offset, records, records.getRecords().size());
  }

  private void add(String topic, Partition partition, long offset, Object value, int weight) {
    for (DirectSink<?> sink : sinks) {
      if (sink.takes(topic)) {
        sink.add(partition, offset, value, weight);
      }
    }
  }

  /**
   * Delivers what is held.
   *
   * @throws IllegalStateException when a sink did not take it for as long as the patience
   */
  public void flush() {
    sinks.forEach(DirectSink::flush);
  }

  /** Counts as {@code SINK.COUNTER}: delivered, duplicates_skipped, rejected and others. */
  public Map<String, Long> counters() {
    Map<String, Long> all = new LinkedHashMap<>();
    for (DirectSink<?> sink : sinks) {
      sink.counters().forEach((name, count) -> all.put(sink.name() + "." + name, count));
    }
    return all;
  }

  /** Records that a sink will never take, over all sinks. */
  public long rejected() {
    return sinks.stream().mapToLong(DirectSink::rejected).sum();
  }

  /** Closes the sinks. What was not flushed is not delivered. */
  @Override
  public void close() {
    sinks.forEach(DirectSink::close);
  }
}
