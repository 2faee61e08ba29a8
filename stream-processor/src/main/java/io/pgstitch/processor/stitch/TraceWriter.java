package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenCall;
import io.pgstitch.processor.state.OpenFrame;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Phase;
import io.pgstitch.processor.state.ProbedFunction;
import io.pgstitch.processor.state.Reading;
import io.pgstitch.schema.BufferUsage;
import io.pgstitch.schema.Call;
import io.pgstitch.schema.LockHolderLink;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import io.pgstitch.schema.Wait;
import io.pgstitch.schema.WalUsage;
import java.util.List;

/**
 * Writes down what has closed, as a span and as a 10046 record from the same two readings, so that
 * the two views cannot disagree.
 */
final class TraceWriter {
  /** Number of a trace's root span. */
  static final int ROOT = 0;

  /** Instead of a span's number: a call that is in no trace. */
  static final int NO_TRACE = -1;

  private final Session session;
  private final RecordLines lines;
  private final SpanMaker spans;
  private final NestedWriter nested;

  TraceWriter(Session session) {
    this.session = session;
    this.lines = new RecordLines(session);
    this.spans = new SpanMaker(session);
    this.nested = new NestedWriter(session, lines, spans);
  }

  /** For statements inside the client's. */
  NestedWriter nested() {
    return nested;
  }

  /** For what is a record alone. */
  RecordLines lines() {
    return lines;
  }

  /** Introduces the client's statement; its text is filled in when the record is sent. */
  void introduce(OpenStatement statement) {
    lines.introduce(statement.getCursor(), 0, "", false, "", statement.getStart());
  }

  /** A function call of the catalogue has ended. */
  void function(OpenStatement statement, OpenFrame frame, Reading end, long rows) {
    Span span =
        spans.span(
            statement, frame.getOrdinal(), frame.getParent(), SpanKind.FUNCTION, frame.getName());
    spans.figures(span, frame.getStart(), end);
    span.setDepth(frame.getDepth());
    span.setRows(rows);
    session.pending.add(span);
    if (hasLine(frame.getFunction())) {
      lines.function(frame.getCursor(), frame.getName(), frame.getDepth(), frame.getStart(), end);
    }
  }

  /** What delimits a call of the 10046 trace is that call; phases are parts of one. */
  private static boolean hasLine(ProbedFunction function) {
    return switch (function) {
      case PARSE_QUERY, ANALYZE, ANALYZE_VARPARAMS, PLANNER, OTHER -> true;
      default -> false;
    };
  }

  /**
   * The client's message has bound, which ends now; what was done since is part of it.
   *
   * @param sqlstate of the error that ended it, null for none
   */
  void bound(OpenStatement statement, Reading start, String sqlstate, String message) {
    OpenFrame around = session.innermost();
    int parent = around == null ? statement.getCall().getOrdinal() : around.getOrdinal();
    int ordinal = session.takeOrdinal();
    Span span = spans.span(statement, ordinal, parent, SpanKind.FUNCTION, BindPhase.NAME);
    spans.figures(span, start, session.reading());
    span.setRows(-1);
    span.setSqlstate(sqlstate);
    span.setErrorMessage(message);
    session.pending.adopt(span.getParentSpanId(), span.getSpanId(), span.getStartUtcNs());
    session.pending.add(span);
    lines.function(statement.getCursor(), BindPhase.NAME, 0, start, session.reading());
  }

  /** A call window of the client's statement has ended. */
  void callEnd(OpenStatement statement, OpenCall call, Phase phase, Reading end) {
    statement.setCalls(statement.getCalls() + 1);
    window(statement, call, phase, end, call.getStart());
  }

  /** A call window that was written ended later than it seemed; what was written is taken away. */
  void callEndsLater(OpenStatement statement, OpenCall call, Reading seemedToEnd, Reading end) {
    window(statement, call, call.getPhase(), end, seemedToEnd);
  }

  /** Writes a window, of which the statement's own figures have what was before some moment. */
  private void window(
      OpenStatement statement, OpenCall call, Phase phase, Reading end, Reading counted) {
    Reading start = call.getStart();
    Span span = spans.span(statement, call.getOrdinal(), ROOT, SpanMaker.kind(phase), phase.name());
    spans.figures(span, start, end);
    span.setRows(call.getRows());
    statement.setCpuNs(statement.getCpuNs() + end.getCpuNs() - counted.getCpuNs());
    statement.setWaitNs(statement.getWaitNs() + end.getWaitNs() - counted.getWaitNs());
    BufferUsage moved = Readings.between(counted.getBlocks(), end.getBlocks());
    statement.setBlocks(SpanMaker.sum(statement.getBlocks(), moved));
    WalUsage made = Readings.between(counted.getWal(), end.getWal());
    statement.setWal(Readings.plus(statement.getWal(), made));
    statement.setRowsRecord(-1);
    statement.setRowsSpan(-1);
    if (phase == Phase.CLOSE) {
      statement.setCloseCpuUs(statement.getCloseCpuUs() + Readings.cpuUs(start, end));
      statement.setCloseElapsedUs(statement.getCloseElapsedUs() + lines.elapsedUs(start, end));
      statement.setCloseWal(Readings.plus(statement.getCloseWal(), span.getWal()));
      statement.setCloseBlocks(SpanMaker.sum(statement.getCloseBlocks(), span.getBuffers()));
    } else {
      if (phase == Phase.EXEC && call.getRows() < 0) {
        statement.setRowsRecord(session.pending.records().size());
        statement.setRowsSpan(session.pending.spans().size());
      }
      lines.call(
          phase,
          statement.getCursor(),
          0,
          statement.getQueryId(),
          start,
          end,
          call.getMisses(),
          call.getRows());
    }
    session.pending.add(span);
  }

  /** The command's end tells the rows of an EXEC in which no executor ran, e.g. of COPY. */
  void rowsOfLastExec(OpenStatement statement, long rows) {
    int record = statement.getRowsRecord();
    int span = statement.getRowsSpan();
    if (record < 0 || rows < 0) {
      return;
    }
    ((Call) session.pending.records().get(record)).setRows(rows);
    session.pending.spans().get(span).setRows(rows);
    session.pending.changed(span, record);
    if (statement.getBeforeClose() != null) {
      statement.getBeforeClose().setRows(rows);
    }
    statement.setRowsRecord(-1);
    statement.setRowsSpan(-1);
  }

  /** The client's statement has ended: its CLOSE and, last, the root span. */
  Span statementEnd(OpenStatement statement, Reading end) {
    boolean kept = !statement.getStatementName().isEmpty();
    boolean parseOnly = !statement.getHasPortal() && statement.getSqlstate() == null;
    lines.close(
        statement.getCursor(),
        0,
        kept || (parseOnly && statement.getKeptAsPrepared())
            ? RecordLines.CLOSE_KEPT_AS_PREPARED
            : RecordLines.CLOSE_DROPPED,
        statement.getCloseCpuUs(),
        statement.getCloseElapsedUs(),
        Readings.between(Readings.noWal(), statement.getCloseWal()),
        Readings.between(Readings.none(), statement.getCloseBlocks()),
        end);
    SpanKind kind = statement.getWorker() ? SpanKind.WORKER : SpanKind.STATEMENT;
    Span root = spans.span(statement, ROOT, -1, kind, name(statement));
    root.setStartUtcNs(session.utcNs(statement.getStart().getTimeNs()));
    root.setEndUtcNs(session.utcNs(end.getTimeNs()));
    root.setCpuNs(statement.getCpuNs());
    root.setWaitNs(statement.getWaitNs());
    root.setBuffers(Readings.between(Readings.none(), statement.getBlocks()));
    root.setWal(Readings.between(Readings.noWal(), statement.getWal()));
    root.setRows(statement.getRows());
    root.setText(statement.getText());
    root.setTextTruncated(statement.getTextTruncated());
    root.setQueryId(statement.getQueryId());
    root.setSqlstate(statement.getSqlstate());
    root.setErrorMessage(statement.getErrorMessage());
    root.setBegunBefore(statement.getBegunBefore());
    root.setBinds(HeldBinds.read(statement.getBinds()));
    root.setBindsTotal(statement.getBindsTotal());
    return root;
  }

  private String name(OpenStatement statement) {
    if (statement.getWorker()) {
      return "parallel worker";
    }
    String kind = session.isBackground() ? session.backend.getBackendType() : "";
    String tag = statement.getCommandTag();
    return !tag.isEmpty() ? tag : kind.isEmpty() ? "STATEMENT" : kind;
  }

  /** A wait; without a statement it is a record alone. */
  void waited(
      Wait wait,
      String eventClass,
      String event,
      Reading start,
      boolean betweenCalls,
      List<LockHolderLink> holders) {
    OpenStatement statement = session.statement();
    Reading end = session.state.getNow();
    OpenFrame frame = session.innermost();
    lines.waited(wait, eventClass, event, start, betweenCalls ? 0 : cursorOf(statement, frame));
    holders.forEach(holder -> lines.note("LOCK HOLDER", holder.getText()));
    if (statement == null) {
      return;
    }
    int parent =
        betweenCalls ? ROOT : frame == null ? statement.getCall().getOrdinal() : frame.getOrdinal();
    Span span = spans.span(statement, session.takeOrdinal(), parent, SpanKind.WAIT, event);
    span.setStartUtcNs(session.utcNs(start.getTimeNs()));
    span.setEndUtcNs(session.utcNs(end.getTimeNs()));
    span.setWaitNs(end.getTimeNs() - start.getTimeNs());
    span.setRows(-1);
    span.setDepth(frame == null ? 0 : frame.getDepth());
    span.setEventClass(eventClass);
    span.setCalls(wait.getCalls());
    span.setTarget(wait.getTarget());
    span.setLockHolders(holders.isEmpty() ? null : holders);
    span.setBegunBefore(wait.getBegunBefore());
    session.pending.add(span);
    if (betweenCalls) {
      statement.setWaitNs(statement.getWaitNs() + span.getWaitNs());
    }
  }

  private static int cursorOf(OpenStatement statement, OpenFrame frame) {
    if (frame != null) {
      return frame.getCursor();
    }
    return statement == null ? 0 : statement.getCursor();
  }
}
