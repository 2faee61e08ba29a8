package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenFrame;
import io.pgstitch.processor.state.OpenNested;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Phase;
import io.pgstitch.processor.state.Reading;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;

/** Writes down what has closed of statements inside the client's, as {@link TraceWriter} does. */
final class NestedWriter {
  private final Session session;
  private final RecordLines lines;
  private final SpanMaker spans;

  NestedWriter(Session session, RecordLines lines, SpanMaker spans) {
    this.session = session;
    this.lines = lines;
    this.spans = spans;
  }

  void introduce(OpenNested nested) {
    lines.introduce(
        nested.getCursor(),
        nested.getDepth(),
        nested.getText(),
        nested.getTextTruncated(),
        nested.getCommandTag(),
        nested.getStart());
  }

  /** A call window of a nested statement has ended. */
  void window(OpenStatement statement, OpenNested nested, OpenFrame window, Reading end) {
    Phase phase = window.getPhase();
    Reading start = window.getStart();
    Span span =
        spans.span(
            statement,
            window.getOrdinal(),
            nested.getOrdinal(),
            SpanMaker.kind(phase),
            phase.name());
    spans.figures(span, start, end);
    span.setDepth(nested.getDepth());
    span.setRows(window.getRows());
    session.pending.add(span);
    nested.setCpuNs(nested.getCpuNs() + span.getCpuNs());
    nested.setWaitNs(nested.getWaitNs() + span.getWaitNs());
    nested.setBlocks(SpanMaker.sum(nested.getBlocks(), span.getBuffers()));
    nested.setWal(Readings.plus(nested.getWal(), span.getWal()));
    if (phase == Phase.CLOSE) {
      nested.setCloseCpuUs(nested.getCloseCpuUs() + Readings.cpuUs(start, end));
      nested.setCloseElapsedUs(nested.getCloseElapsedUs() + lines.elapsedUs(start, end));
      nested.setCloseWal(Readings.plus(nested.getCloseWal(), span.getWal()));
      nested.setCloseBlocks(SpanMaker.sum(nested.getCloseBlocks(), span.getBuffers()));
    } else {
      lines.call(
          phase,
          nested.getCursor(),
          nested.getDepth(),
          nested.getQueryId(),
          start,
          end,
          phase == Phase.PARSE ? 1 : 0,
          window.getRows());
    }
  }

  /** A nested statement has ended. */
  void end(OpenStatement statement, OpenNested nested, Reading end) {
    lines.close(
        nested.getCursor(),
        nested.getDepth(),
        RecordLines.CLOSE_DROPPED,
        nested.getCloseCpuUs(),
        nested.getCloseElapsedUs(),
        Readings.between(Readings.noWal(), nested.getCloseWal()),
        Readings.between(Readings.none(), nested.getCloseBlocks()),
        end);
    String name = nested.getCommandTag().isEmpty() ? "UTILITY" : nested.getCommandTag();
    Span span =
        spans.span(statement, nested.getOrdinal(), nested.getParent(), SpanKind.STATEMENT, name);
    span.setStartUtcNs(session.utcNs(nested.getStart().getTimeNs()));
    span.setEndUtcNs(session.utcNs(end.getTimeNs()));
    span.setCpuNs(nested.getCpuNs());
    span.setWaitNs(nested.getWaitNs());
    span.setBuffers(Readings.between(Readings.none(), nested.getBlocks()));
    span.setWal(Readings.between(Readings.noWal(), nested.getWal()));
    span.setRows(nested.getRows());
    span.setDepth(nested.getDepth());
    span.setText(nested.getText());
    span.setTextTruncated(nested.getTextTruncated());
    span.setQueryId(nested.getQueryId());
    span.setSqlstate(nested.getSqlstate());
    span.setBinds(HeldBinds.read(nested.getBinds()));
    span.setBindsTotal(nested.getBindsTotal());
    span.setErrorMessage(nested.getErrorMessage());
    session.pending.add(span);
  }
}
