package io.pgstitch.processor.stitch;

import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a session's traces are when nothing disturbs its batches, for one collector or another. */
final class ReferenceSession {
  /** The application's context, which may be missing where a setting of it was lost. */
  private static final Set<String> CONTEXT =
      Set.of("parent_trace_id", "parent_span_id", "sampled", "tracestate");

  /** Statements by trace id; the same number stands for the same statement. */
  private final Map<String, Integer> numbers = new HashMap<>();

  private final Map<String, String> forms = new HashMap<>();
  private final List<QueryTrace> statements;
  private final Map<String, Integer> owners = new HashMap<>();

  ReferenceSession(List<RawEventBatch> session) {
    Stitched stitched = RecordedStreamsTest.stitch(session);
    statements = stitched.statements();
    add(stitched);
    List<RawEventBatch> others = new ArrayList<>();
    for (RawEventBatch batch : session) {
      RawEventBatch other = BatchCuts.copy(batch);
      other.setBaseNs(batch.getBaseNs() + Disturbance.OTHERS_DELAY_NS);
      others.add(other);
    }
    add(RecordedStreamsTest.stitch(others));
  }

  private void add(Stitched stitched) {
    List<QueryTrace> all = stitched.statements();
    for (int number = 0; number < all.size(); number++) {
      QueryTrace trace = all.get(number);
      numbers.put(trace.getTraceId(), number);
      forms.put(trace.getTraceId(), form(stitched, trace));
      for (Span span : stitched.spans(trace)) {
        for (String sight : sights(span)) {
          // Where two statements have the same sight, it tells nothing of either.
          Integer other = owners.put(sight, number);
          if (other != null && other != number) {
            owners.put(sight, -1);
          }
        }
      }
    }
  }

  int size() {
    return statements.size();
  }

  /** The statement with a number. */
  QueryTrace statement(int number) {
    return statements.get(number);
  }

  /** Number of the statement with this trace id, -1 when there is none. */
  int number(String traceId) {
    return numbers.getOrDefault(traceId, -1);
  }

  /** All that is in a trace with this id. */
  String form(String traceId) {
    return forms.get(traceId);
  }

  /** Number of the statement that a span's events are of, -1 when it cannot be told. */
  int owner(Span span) {
    int owner = -1;
    for (String sight : sights(span)) {
      owner = Math.max(owner, owners.getOrDefault(sight, -1));
    }
    return owner;
  }

  /** What of a span comes from a single event, which is of one statement. */
  private static List<String> sights(Span span) {
    if (span.getKind() == SpanKind.WAIT) {
      return List.of("wait " + span.getName() + span.getEndUtcNs());
    } else if (span.getKind() == SpanKind.FUNCTION) {
      return List.of("call " + span.getName() + span.getStartUtcNs());
    } else if (span.getKind() == SpanKind.STATEMENT && span.getDepth() > 0) {
      return List.of("statement " + span.getText() + span.getStartUtcNs());
    }
    return List.of();
  }

  /** All that a trace says, times from its start; its parts are joined. */
  static String form(Stitched stitched, QueryTrace trace) {
    StringBuilder form = new StringBuilder();
    long start = trace.getStartUtcNs();
    for (int i = 0; i < trace.getSchema().getFields().size(); i++) {
      String name = trace.getSchema().getFields().get(i).name();
      if (!CONTEXT.contains(name)
          && !name.equals("spans")
          && !name.equals("backend")
          && !name.endsWith("_utc_ns")) {
        form.append(name).append('=').append(trace.get(i)).append(' ');
      }
    }
    form.append(trace.getEndUtcNs() - start);
    for (Span span : stitched.spans(trace)) {
      form.append("\n  ");
      for (int i = 0; i < span.getSchema().getFields().size(); i++) {
        String name = span.getSchema().getFields().get(i).name();
        Object value = span.get(i);
        form.append(name.endsWith("_utc_ns") ? (long) value - start : value).append(' ');
      }
    }
    return form.toString();
  }
}
