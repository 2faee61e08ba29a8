package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.BufferUsage;
import io.pgstitch.schema.Call;
import io.pgstitch.schema.Close;
import io.pgstitch.schema.ErrorLine;
import io.pgstitch.schema.LockHolderLink;
import io.pgstitch.schema.Note;
import io.pgstitch.schema.ParsingInCursor;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import io.pgstitch.schema.Stat;
import io.pgstitch.schema.WaitLine;
import io.pgstitch.testkit.trace.RecordStatements;
import io.pgstitch.testkit.trace.SpanStatements;
import io.pgstitch.testkit.trace.SpanStatements.ViewedSpan;
import io.pgstitch.testkit.trace.TwoViews;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** Compares what a stitcher put out as spans with what it put out as records. */
final class StitchedViews {
  private StitchedViews() {}

  /** Fails when they tell different things of the session. */
  static void check(Stitched stitched) {
    assertThat(TwoViews.differences(spans(stitched), List.of(records(stitched))).stream().limit(3))
        .isEmpty();
  }

  private static SpanStatements spans(Stitched stitched) {
    SpanStatements spans = new SpanStatements();
    for (QueryTrace trace : stitched.traces) {
      trace.getSpans().forEach(span -> spans.add(viewed(trace, span)));
    }
    return spans;
  }

  private static ViewedSpan viewed(QueryTrace trace, Span span) {
    BufferUsage used = span.getBuffers() == null ? new BufferUsage() : span.getBuffers();
    long reads = used.getSharedRead() + used.getLocalRead() + used.getTempRead();
    return new ViewedSpan(
        trace.getTraceId(),
        span.getSpanId(),
        span.getParentSpanId(),
        // Nobody put it under a leader here, so its clock is its own.
        span.getKind() == SpanKind.WORKER ? "STATEMENT" : span.getKind().name(),
        span.getName(),
        span.getDepth(),
        span.getStartUtcNs(),
        span.getEndUtcNs(),
        span.getText() == null ? "" : span.getText(),
        span.getSqlstate() == null ? "" : span.getSqlstate(),
        span.getCpuNs() / 1000,
        span.getRows(),
        reads,
        used.getSharedHit() + used.getLocalHit() + reads,
        used.getSharedDirtied() + used.getLocalDirtied(),
        span.getLockHolders() == null
            ? ""
            : span.getLockHolders().stream()
                .map(LockHolderLink::getText)
                .collect(Collectors.joining("; ")));
  }

  private static RecordStatements records(Stitched stitched) {
    RecordStatements statements = new RecordStatements();
    for (Object record : stitched.records) {
      if (record instanceof ParsingInCursor r) {
        byte[] text = r.getText().getBytes(StandardCharsets.UTF_8);
        statements.introduced(
            r.getCursor(), r.getDep(), new String(text, StandardCharsets.ISO_8859_1), r.getTimUs());
      } else if (record instanceof Call r) {
        statements.called(
            r.getCursor(),
            r.getKind().name(),
            r.getTimUs(),
            r.getElapsedUs(),
            r.getCpuUs(),
            r.getPhysicalReads(),
            r.getConsistentReads(),
            r.getCurrentBlocks(),
            r.getRows());
      } else if (record instanceof Close r) {
        statements.closed(r.getCursor(), r.getTimUs(), r.getElapsedUs(), r.getCpuUs());
      } else if (record instanceof WaitLine r) {
        statements.waited(r.getCursor(), r.getEvent(), r.getTimUs(), r.getElapsedUs());
      } else if (record instanceof Note r && r.getName().equals("LOCK HOLDER")) {
        statements.held(r.getText());
      } else if (record instanceof ErrorLine r) {
        statements.failed(r.getCursor(), pack(r.getSqlstate()));
      } else if (record instanceof Stat r) {
        statements.planNode(r.getCursor(), r.getRows() == null ? -1 : r.getRows());
      }
    }
    return statements;
  }

  private static long pack(String sqlstate) {
    long packed = 0;
    for (int i = 0; i < sqlstate.length(); i++) {
      packed |= (long) ((sqlstate.charAt(i) - '0') & 0x3F) << (6 * i);
    }
    return packed;
  }
}
