package io.pgstitch.exporter;

import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.IoTarget;
import io.pgstitch.schema.LockHolderLink;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import java.util.ArrayList;
import java.util.List;

/** Made-up query traces. */
public final class Traces {

  private Traces() {}

  /** Trace {@code n}: a root and {@code waits} waits below it; with an error when asked. */
  public static QueryTrace trace(int n, int waits, String sqlstate) {
    long start = Sessions.START_NS + 1_000_000L * n;
    String root = String.format("%08x%08x", n + 1, 0);
    List<Span> spans = new ArrayList<>();
    for (int i = 1; i <= waits; i++) {
      spans.add(wait(String.format("%08x%08x", n + 1, i), root, start + i));
    }
    Span last = span(root, "", SpanKind.STATEMENT, "SELECT", start, 900_000L);
    last.setCpuNs(40_000L);
    last.setWaitNs(5_000L);
    last.setRows(3L);
    last.setText("select " + n);
    last.setQueryId(77L);
    last.setSqlstate(sqlstate);
    last.setErrorMessage(sqlstate == null ? "" : "division by zero");
    spans.add(last);
    return QueryTrace.newBuilder()
        .setTraceId(String.format("%032x", n + 1))
        .setPart(0)
        .setLast(true)
        .setBackend(Sessions.backend(4711))
        .setLevel(12)
        .setText("select " + n)
        .setQueryId(77L)
        .setCommandTag("SELECT")
        .setExecuted(sqlstate == null)
        .setRows(3L)
        .setSqlstate(sqlstate)
        .setErrorMessage(last.getErrorMessage())
        .setStartUtcNs(start)
        .setEndUtcNs(start + 900_000L)
        .setCloseReason(sqlstate == null ? CloseReason.COMPLETED : CloseReason.FAILED)
        .setComplete(true)
        .setSpans(spans)
        .build();
  }

  /** A trace with a wait for a lock: of its holders the first has a trace, the second has none. */
  public static QueryTrace lockWait(String heldIn, boolean confirmed) {
    QueryTrace trace = trace(1, 1, null);
    trace
        .getSpans()
        .get(0)
        .setLockHolders(
            List.of(
                new LockHolderLink(
                    4712,
                    "%032x".formatted(77),
                    "%016x".formatted(78),
                    heldIn,
                    confirmed,
                    "one",
                    !confirmed),
                new LockHolderLink(0, "", "", "", false, "two", false)));
    return trace;
  }

  private static Span wait(String id, String parent, long start) {
    Span span = span(id, parent, SpanKind.WAIT, "DataFileRead", start, 1000L);
    span.setWaitNs(1000L);
    span.setRows(-1L);
    span.setEventClass("IO");
    span.setCalls(1);
    span.setTarget(new IoTarget(7, 8192L, 8192L, 0L, 0L, 0L, "", -1L, 0L, "", ""));
    return span;
  }

  private static Span span(
      String id, String parent, SpanKind kind, String name, long start, long length) {
    Span span = new Span();
    span.setSpanId(id);
    span.setParentSpanId(parent);
    span.setKind(kind);
    span.setName(name);
    span.setErrorMessage("");
    span.setStartUtcNs(start);
    span.setEndUtcNs(start + length);
    return span;
  }
}
