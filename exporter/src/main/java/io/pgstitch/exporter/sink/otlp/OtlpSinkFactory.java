package io.pgstitch.exporter.sink.otlp;

import io.pgstitch.exporter.sink.Sink;
import io.pgstitch.exporter.sink.SinkFactory;
import io.pgstitch.exporter.sink.SinkSettings;
import io.pgstitch.exporter.span.TraceSpans;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Topics;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Sink {@code otlp}: spans to any OTLP receiver, by gRPC or http/protobuf. */
public final class OtlpSinkFactory implements SinkFactory<QueryTrace> {

  /** Held so that their level stays: java.util.logging forgets loggers nobody holds. */
  private final List<Logger> exporterLoggers =
      ListeningSenders.loggers().stream().map(Logger::getLogger).toList();

  @Override
  public String name() {
    return "otlp";
  }

  @Override
  public String topic() {
    return Topics.QUERY_TRACES;
  }

  @Override
  public Class<QueryTrace> recordType() {
    return QueryTrace.class;
  }

  @Override
  public Sink<QueryTrace> create(SinkSettings settings) {
    OtlpSettings otlp = OtlpSettings.from(settings);
    // The runner reports failures, once per change; the exporters would for each request.
    exporterLoggers.forEach(logger -> logger.setLevel(Level.OFF));
    return new OtlpSink(
        OtlpExporters.of(otlp), new TraceSpans(otlp.serviceName()), otlp.timeout().multipliedBy(2));
  }
}
