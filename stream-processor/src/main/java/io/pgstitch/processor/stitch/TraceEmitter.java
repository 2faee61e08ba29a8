package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Reading;
import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.ParsingInCursor;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.TraceRecords;
import java.util.List;

/** Sends traces, parts of traces and records. */
final class TraceEmitter {
  private final Session session;
  private final StitchOutput output;
  private final WorkerLaunches launches;

  TraceEmitter(Session session, StitchOutput output, WorkerLaunches launches) {
    this.session = session;
    this.output = output;
    this.launches = launches;
  }

  /** Sends what the running statement has so far as a part of its trace. */
  void part(OpenStatement statement, Reading end) {
    session.counters.add(Counter.PARTS, 1);
    List<Span> spans = session.pending.takeSpans();
    trace(statement, spans, end, CloseReason.LIMIT, false);
    records(statement, end);
    statement.setParts(statement.getParts() + 1);
    statement.setRowsRecord(-1);
    statement.setRowsSpan(-1);
    statement.setBeforeClose(null);
    session.state.setMark(null);
  }

  /** Sends spans of a suspended statement; its records stay among the session's. */
  void partOfSuspended(OpenStatement statement, List<Span> spans, Reading end) {
    session.counters.add(Counter.PARTS, 1);
    trace(statement, spans, end, CloseReason.LIMIT, false);
    statement.setParts(statement.getParts() + 1);
  }

  /** Sends the last part of the running statement. */
  void last(OpenStatement statement, Span root, Reading end, CloseReason reason) {
    List<Span> spans = session.pending.takeSpans();
    spans.add(root);
    trace(statement, spans, end, reason, true);
    launches.ended(statement);
    records(statement, end);
    session.counters.traceClosed(reason);
  }

  /**
   * Sends the last part of a suspended statement. Its records stay among the session's, which are
   * in order of time.
   */
  void lastOfSuspended(OpenStatement statement, Span root, Reading end, CloseReason reason) {
    trace(statement, List.of(root), end, reason, true);
    launches.ended(statement);
    session.counters.traceClosed(reason);
  }

  /** Sends records that belong to no statement. */
  void idleRecords() {
    if (!session.pending.records().isEmpty()) {
      records("", 0, session.state.getNow());
    }
  }

  private void trace(
      OpenStatement statement, List<Span> spans, Reading end, CloseReason reason, boolean last) {
    QueryTrace trace = new QueryTrace();
    trace.setTraceId(id(statement));
    trace.setPart(statement.getParts());
    trace.setLast(last);
    trace.setBackend(session.backendOf(statement));
    trace.setLevel(statement.getLevel());
    trace.setText(statement.getText());
    trace.setTextTruncated(statement.getTextTruncated());
    trace.setStatementName(statement.getStatementName());
    trace.setQueryId(statement.getQueryId());
    trace.setCommandTag(statement.getCommandTag());
    trace.setExecuted(
        last && !statement.getWorker() && (statement.getCommandEnded() || statement.getOwnEnd()));
    trace.setRows(statement.getRows());
    trace.setSqlstate(statement.getSqlstate());
    trace.setErrorMessage(statement.getErrorMessage());
    trace.setErrorDetail(statement.getErrorDetail());
    trace.setErrorHint(statement.getErrorHint());
    trace.setStartUtcNs(session.utcNs(statement.getStart().getTimeNs()));
    trace.setEndUtcNs(session.utcNs(end.getTimeNs()));
    trace.setCloseReason(reason);
    trace.setComplete(statement.getComplete());
    trace.setLostEvents(statement.getLostEvents());
    trace.setBegunBefore(statement.getBegunBefore());
    trace.setParentTraceId(statement.getContext().getTraceId());
    trace.setParentSpanId(statement.getContext().getSpanId());
    trace.setSampled(statement.getContext().getSampled());
    trace.setTracestate(statement.getContext().getState());
    trace.setWorkersLaunched(statement.getWorkersLaunched());
    boolean limited = last && reason == CloseReason.LIMIT && statement.getCloseLimit() != null;
    trace.setCloseLimit(limited ? statement.getCloseLimit() : "");
    trace.setContinuesTraceId(statement.getContinues() == null ? "" : statement.getContinues());
    trace.setLosses(Losses.of(statement));
    trace.setUnseenReturns(statement.getUnseenReturns());
    trace.setSpans(spans);
    if (statement.getWorker()) {
      output.share(trace, statement.getStart().getTimeNs(), session.state.getUtcOffsetNs());
    } else {
      output.trace(trace);
    }
  }

  private void records(OpenStatement statement, Reading end) {
    if (statement.getParts() == 0) {
      fillIn(statement);
    }
    if (!session.pending.records().isEmpty()) {
      records(id(statement), statement.getParts(), end);
    }
  }

  /** The statement's text and tag are known by now; when it was introduced they were not. */
  private void fillIn(OpenStatement statement) {
    for (Object record : session.pending.records()) {
      if (record instanceof ParsingInCursor introduced
          && introduced.getDep() == 0
          && introduced.getCursor() == statement.getCursor()) {
        introduced.setText(statement.getText());
        introduced.setCommandTag(statement.getCommandTag());
        introduced.setTextTruncated(statement.getTextTruncated());
        introduced.setBegunBefore(statement.getBegunBefore());
        return;
      }
    }
  }

  private void records(String traceId, int part, Reading end) {
    TraceRecords records = new TraceRecords();
    records.setBackend(session.backend);
    records.setTraceId(traceId);
    records.setPart(part);
    records.setSessionStartUtcNs(session.state.getSessionStartUtcNs());
    records.setRecords(session.pending.takeRecords());
    records.setTraces(List.of());
    output.records(records, session.utcNs(end.getTimeNs()));
  }

  private static String id(OpenStatement statement) {
    return TraceIds.trace(statement.getTraceHigh(), statement.getTraceLow());
  }
}
