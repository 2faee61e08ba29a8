package io.pgstitch.exporter.sink.jsonl;

import io.opentelemetry.sdk.trace.data.SpanData;
import io.pgstitch.exporter.durable.Append;
import io.pgstitch.exporter.durable.DurableSink;
import io.pgstitch.exporter.span.TraceSpans;
import io.pgstitch.schema.QueryTrace;
import java.io.ByteArrayOutputStream;
import java.util.List;

/** One line of OTLP JSON for each record, all in one file. */
final class SpanLines implements DurableSink.Rendering<QueryTrace> {

  private static final byte[] NO_PREAMBLE = {};

  private final String file;
  private final TraceSpans toSpans;
  private final OtlpJson json = new OtlpJson();

  /** Batches are alike: the buffer begins as large as the last one became, and need not grow. */
  private int expectedBytes = 1024;

  SpanLines(String file, TraceSpans toSpans) {
    this.file = file;
    this.toSpans = toSpans;
  }

  @Override
  public List<Append> render(List<QueryTrace> traces) {
    ByteArrayOutputStream lines = new ByteArrayOutputStream(expectedBytes);
    for (QueryTrace trace : traces) {
      List<SpanData> spans = toSpans.of(trace);
      if (!spans.isEmpty()) {
        json.line(spans, lines);
      }
    }
    expectedBytes = Math.max(1024, lines.size());
    return List.of(new Append(file, NO_PREAMBLE, lines.toByteArray()));
  }

  @Override
  public long unsampled(List<QueryTrace> traces) {
    return traces.stream().filter(trace -> !trace.getSampled()).count();
  }
}
