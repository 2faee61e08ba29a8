package io.pgstitch.exporter;

import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.IoTarget;
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
    spans.add(
        new Span(
            root,
            "",
            SpanKind.STATEMENT,
            "SELECT",
            start,
            start + 900_000L,
            40_000L,
            5_000L,
            3L,
            0,
            null,
            "select " + n,
            77L,
            null,
            0,
            null,
            sqlstate,
            sqlstate == null ? "" : "division by zero",
            false,
            null,
            0,
            null,
            null));
    return new QueryTrace(
        String.format("%032x", n + 1),
        0,
        true,
        Sessions.backend(4711),
        12,
        "select " + n,
        false,
        "",
        77L,
        "SELECT",
        sqlstate == null,
        3L,
        sqlstate,
        sqlstate == null ? "" : "division by zero",
        start,
        start + 900_000L,
        sqlstate == null ? CloseReason.COMPLETED : CloseReason.FAILED,
        true,
        0L,
        false,
        spans);
  }

  private static Span wait(String id, String parent, long start) {
    return new Span(
        id,
        parent,
        SpanKind.WAIT,
        "DataFileRead",
        start,
        start + 1000L,
        0L,
        1000L,
        -1L,
        0,
        null,
        null,
        0L,
        "IO",
        1,
        new IoTarget(7, 8192L, 8192L, 0L, 0L, 0L, "", -1L, 0L, "", ""),
        null,
        "",
        false,
        null,
        0,
        null,
        null);
  }
}
