package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenCall;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Phase;
import io.pgstitch.processor.state.Reading;
import io.pgstitch.schema.Call;
import io.pgstitch.schema.Close;
import io.pgstitch.schema.Span;
import java.util.ArrayList;
import java.util.List;

/**
 * The window of a statement that was written last, when its portal turns out to go on: what seemed
 * to be the CLOSE behind it, such as sending the answer, is part of it.
 */
final class LastWindow {
  private final Session session;
  private final TraceWriter writer;

  LastWindow(Session session, TraceWriter writer) {
    this.session = session;
    this.writer = writer;
  }

  /**
   * Writes it anew, up to the end of the CLOSE. Where it was sent already, the rest of it is one
   * call more, and the statement is not complete.
   */
  void goesOn(OpenStatement statement, OpenCall close, Reading end) {
    OpenCall before = statement.getBeforeClose();
    int record = before == null ? -1 : recordOf(statement);
    int span = before == null ? -1 : spanOf(id(statement, before));
    if (record < 0 || span < 0) {
      statement.setComplete(false);
      boolean select = statement.getCommandTag().equals("SELECT");
      writer.callEnd(statement, close, select ? Phase.FETCH : Phase.EXEC, end);
      return;
    }
    List<Object> records = session.pending.cutRecords(record);
    records.remove(0);
    List<Close> ended = new ArrayList<>();
    for (Object inside : records) {
      if (inside instanceof Close line && line.getDep() == 0) {
        ended.add(line);
      } else {
        session.pending.addRecord(inside);
      }
    }
    List<Span> spans = session.pending.cutSpans(span);
    spans.remove(0);
    String closeId = id(statement, close);
    for (Span inside : spans) {
      if (inside.getParentSpanId().equals(closeId)) {
        inside.setParentSpanId(id(statement, before));
      }
      session.pending.add(inside);
    }
    writer.callEndsLater(statement, before, close.getStart(), end);
    // Of statements that ended inside a call the lines stand behind it.
    for (Close line : ended) {
      line.setTimUs(session.utcUs(end));
      session.pending.addRecord(line);
    }
    statement.setBeforeClose(null);
  }

  private int recordOf(OpenStatement statement) {
    List<Object> records = session.pending.records();
    for (int i = records.size() - 1; i >= 0; i--) {
      if (records.get(i) instanceof Call call && call.getDep() == 0) {
        return call.getCursor() == statement.getCursor() ? i : -1;
      }
    }
    return -1;
  }

  private int spanOf(String id) {
    List<Span> spans = session.pending.spans();
    for (int i = spans.size() - 1; i >= 0; i--) {
      if (spans.get(i).getSpanId().equals(id)) {
        return i;
      }
    }
    return -1;
  }

  private static String id(OpenStatement statement, OpenCall call) {
    return TraceIds.span(statement.getTraceHigh(), statement.getTraceLow(), call.getOrdinal());
  }
}
