package io.pgstitch.exporter.sink.otlp;

import io.opentelemetry.sdk.trace.data.SpanData;
import io.pgstitch.exporter.sink.SinkRecord;
import io.pgstitch.exporter.span.TraceSpans;
import io.pgstitch.schema.QueryTrace;
import java.util.ArrayList;
import java.util.List;

/**
 * Spans that go in one request, and the records they come from.
 *
 * @param spans at most {@link #MOST_SPANS}
 * @param records whole, but where one alone has more spans than a request may have
 */
record SpanRequest(List<SpanData> spans, List<SinkRecord<QueryTrace>> records) {

  static final int MOST_SPANS = 512;

  /** Well below the 4 MiB that gRPC servers take by default, texts counted alone. */
  private static final int MOST_TEXT = 1 << 20;

  /** Cuts a batch into requests, a record's spans together where they fit. */
  static List<SpanRequest> cut(List<SinkRecord<QueryTrace>> batch, TraceSpans toSpans) {
    List<SpanRequest> requests = new ArrayList<>();
    SpanRequest open = new SpanRequest(new ArrayList<>(), new ArrayList<>());
    long text = 0;
    for (SinkRecord<QueryTrace> record : batch) {
      List<SpanData> spans = toSpans.of(record.value());
      long itsText = textOf(record.value());
      if (!open.spans.isEmpty()
          && (open.spans.size() + spans.size() > MOST_SPANS || text + itsText > MOST_TEXT)) {
        requests.add(open);
        open = new SpanRequest(new ArrayList<>(), new ArrayList<>());
        text = 0;
      }
      if (spans.size() > MOST_SPANS) {
        for (int from = 0; from < spans.size(); from += MOST_SPANS) {
          int to = Math.min(spans.size(), from + MOST_SPANS);
          requests.add(new SpanRequest(spans.subList(from, to), List.of(record)));
        }
      } else {
        open.spans.addAll(spans);
        open.records.add(record);
        text += itsText;
      }
    }
    if (!open.spans.isEmpty()) {
      requests.add(open);
    }
    return requests;
  }

  private static long textOf(QueryTrace trace) {
    return trace.getSpans().stream()
        .mapToLong(span -> span.getText() == null ? 0 : span.getText().length())
        .sum();
  }
}
