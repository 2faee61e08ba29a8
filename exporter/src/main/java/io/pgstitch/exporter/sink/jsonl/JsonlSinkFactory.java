package io.pgstitch.exporter.sink.jsonl;

import io.pgstitch.exporter.durable.DurableSettings;
import io.pgstitch.exporter.durable.DurableSink;
import io.pgstitch.exporter.sink.Sink;
import io.pgstitch.exporter.sink.SinkFactory;
import io.pgstitch.exporter.sink.SinkSettings;
import io.pgstitch.exporter.span.TraceSpans;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Topics;

/**
 * Sink {@code jsonl}: OTLP JSON lines in the file {@code spans.jsonl} of the setting {@code
 * directory}, the working directory by default.
 */
public final class JsonlSinkFactory implements SinkFactory<QueryTrace> {

  private static final String FILE = "spans.jsonl";

  @Override
  public String name() {
    return "jsonl";
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
    String serviceName = settings.environment("OTEL_SERVICE_NAME").orElse("postgresql");
    SpanLines lines = new SpanLines(FILE, new TraceSpans(serviceName));
    return new DurableSink<>(DurableSettings.from(settings, ".").open(), lines);
  }
}
