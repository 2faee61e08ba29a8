package io.pgstitch.cli;

import io.pgstitch.exporter.DirectExporter;
import io.pgstitch.exporter.sink.Partition;
import io.pgstitch.processor.replay.ReplayOutput;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Topics;
import io.pgstitch.schema.TraceRecords;

/**
 * Hands what was stitched again to sinks. To them it comes from partitions of their own, whose
 * offsets are the places in the source, so that they know again what they hold.
 */
final class SinkOutput implements ReplayOutput {
  private final DirectExporter exporter;
  private final String source;

  /**
   * @param source id of the source
   */
  SinkOutput(DirectExporter exporter, String source) {
    this.exporter = exporter;
    this.source = source;
  }

  @Override
  public void trace(String key, Place place, QueryTrace trace) {
    exporter.trace(partition(Topics.QUERY_TRACES, place), place.number(), trace);
  }

  @Override
  public void records(String key, Place place, TraceRecords records) {
    exporter.records(partition(Topics.TRACE_RECORDS, place), place.number(), records);
  }

  private Partition partition(String topic, Place place) {
    return new Partition("replay of " + topic, source, place.stream());
  }
}
