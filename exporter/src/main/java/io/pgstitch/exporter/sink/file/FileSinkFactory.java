package io.pgstitch.exporter.sink.file;

import io.pgstitch.exporter.durable.DurableSettings;
import io.pgstitch.exporter.durable.DurableSink;
import io.pgstitch.exporter.sink.Sink;
import io.pgstitch.exporter.sink.SinkFactory;
import io.pgstitch.exporter.sink.SinkSettings;
import io.pgstitch.schema.Topics;
import io.pgstitch.schema.TraceRecords;

/**
 * Sink {@code file}: 10046 trace files, one for each session. Setting {@code directory}, {@code
 * traces} by default.
 */
public final class FileSinkFactory implements SinkFactory<TraceRecords> {

  @Override
  public String name() {
    return "file";
  }

  @Override
  public String topic() {
    return Topics.TRACE_RECORDS;
  }

  @Override
  public Class<TraceRecords> recordType() {
    return TraceRecords.class;
  }

  @Override
  public Sink<TraceRecords> create(SinkSettings settings) {
    DurableSettings durable = DurableSettings.from(settings, "traces");
    return new DurableSink<>(durable.open(), new TraceFiles(durable.directory()));
  }
}
