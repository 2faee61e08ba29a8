package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenCall;
import io.pgstitch.processor.state.OpenFrame;
import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Phase;
import io.pgstitch.processor.state.SplitMark;
import io.pgstitch.schema.Binds;
import io.pgstitch.schema.Call;
import io.pgstitch.schema.Close;
import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.ErrorLine;
import io.pgstitch.schema.FunctionCall;
import io.pgstitch.schema.ParsingInCursor;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.Stat;
import io.pgstitch.schema.WaitLine;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Moves what happened lately from one statement to another, when it turns out to have been the
 * other's: a second statement of a message, or the next Execute of a suspended portal.
 */
final class TailMove {
  /** Number of a frame while its statement changes; no statement that begins may take it. */
  private static final int HIDDEN = -2;

  private final Session session;
  private final OpenSession state;
  private final StatementLifecycle lifecycle;
  private final CallStack stack;

  TailMove(Session session, StatementLifecycle lifecycle, CallStack stack) {
    this.session = session;
    this.state = session.state;
    this.lifecycle = lifecycle;
    this.stack = stack;
  }

  /**
   * The running statement ended or was suspended at the mark; what came since opens another.
   *
   * @param reason why it ended, null when it is suspended
   * @param phase of the new statement's first window
   */
  void split(CloseReason reason, Phase phase) {
    OpenStatement from = session.statement();
    SplitMark mark = state.getMark();
    stack.closeAllNested();
    List<Span> spans = session.pending.cutSpans(mark.getSpans());
    List<Object> records = session.pending.cutRecords(mark.getRecords());
    int[] framesOfTail = hideFramesFrom(mark.getOrdinal());
    OpenCall call = from.getCall();
    int callOrdinal = call.getOrdinal();
    int misses = call.getMisses() - mark.getMisses();
    int end = from.getNextOrdinal();
    call.setPhase(mark.getPhase());
    call.setMisses(mark.getMisses());
    from.setNextOrdinal(mark.getOrdinal());
    if (reason == null) {
      lifecycle.suspend(mark.getAt());
    } else {
      lifecycle.close(mark.getAt(), reason);
    }
    OpenStatement to = lifecycle.open(mark.getAt(), cursorsIn(records));
    to.getCall().setPhase(phase);
    to.getCall().setMisses(misses);
    int shift = to.getNextOrdinal() - mark.getOrdinal();
    Map<String, String> ids = new HashMap<>();
    rename(ids, from, TraceWriter.ROOT, to, TraceWriter.ROOT);
    rename(ids, from, callOrdinal, to, to.getCall().getOrdinal());
    for (int ordinal = mark.getOrdinal(); ordinal < end; ordinal++) {
      rename(ids, from, ordinal, to, ordinal + shift);
    }
    to.setNextOrdinal(end + shift);
    int firstWindow = to.getCall().getOrdinal();
    addSpans(spans, ids, TraceIds.span(to.getTraceHigh(), to.getTraceLow(), firstWindow));
    addRecords(records, from.getCursor(), to.getCursor());
    for (int i = 0; i < framesOfTail.length; i++) {
      if (framesOfTail[i] >= 0) {
        OpenFrame frame = state.getFrames().get(i);
        frame.setOrdinal(framesOfTail[i] + shift);
        int parent = frame.getParent();
        frame.setParent(parent >= mark.getOrdinal() ? parent + shift : firstWindow);
        frame.setCursor(to.getCursor());
      }
    }
  }

  /**
   * The running statement, in which nothing was done yet, is the next Execute of one that was
   * suspended.
   */
  void resume(OpenStatement resumed) {
    OpenStatement fresh = session.statement();
    List<Span> spans = session.pending.takeSpans();
    List<Object> records = session.pending.takeRecords();
    int shift = resumed.getNextOrdinal() - 1;
    Map<String, String> ids = new HashMap<>();
    rename(ids, fresh, TraceWriter.ROOT, resumed, TraceWriter.ROOT);
    for (int ordinal = 1; ordinal < fresh.getNextOrdinal(); ordinal++) {
      rename(ids, fresh, ordinal, resumed, ordinal + shift);
    }
    OpenCall call = fresh.getCall();
    call.setOrdinal(call.getOrdinal() + shift);
    resumed.setCall(call);
    resumed.setNextOrdinal(fresh.getNextOrdinal() + shift);
    resumed.setLostEvents(resumed.getLostEvents() + fresh.getLostEvents());
    resumed.setUnseenReturns(resumed.getUnseenReturns() + fresh.getUnseenReturns());
    resumed.setLosses(Losses.join(resumed.getLosses(), fresh.getLosses()));
    resumed.setComplete(resumed.getComplete() && fresh.getComplete());
    resumed.setDefinedInMessage(false);
    records.removeIf(
        record ->
            record instanceof ParsingInCursor introduced
                && introduced.getDep() == 0
                && introduced.getCursor() == fresh.getCursor());
    addSpans(spans, ids, "");
    addRecords(records, fresh.getCursor(), resumed.getCursor());
    for (OpenFrame frame : state.getFrames()) {
      if (frame.getOrdinal() >= 0) {
        frame.setOrdinal(frame.getOrdinal() + shift);
        frame.setParent(
            frame.getParent() == TraceWriter.ROOT ? TraceWriter.ROOT : frame.getParent() + shift);
        frame.setCursor(resumed.getCursor());
      }
    }
    session.releaseCursor(fresh.getCursor());
    state.setStatement(resumed);
    state.setMark(null);
  }

  private int[] hideFramesFrom(int ordinal) {
    int[] hidden = new int[state.getFrames().size()];
    for (int i = 0; i < hidden.length; i++) {
      OpenFrame frame = state.getFrames().get(i);
      hidden[i] = frame.getOrdinal() >= ordinal ? frame.getOrdinal() : -1;
      if (hidden[i] >= 0) {
        frame.setOrdinal(HIDDEN);
      }
    }
    return hidden;
  }

  private static void rename(
      Map<String, String> ids, OpenStatement from, int old, OpenStatement to, int now) {
    ids.put(
        TraceIds.span(from.getTraceHigh(), from.getTraceLow(), old),
        TraceIds.span(to.getTraceHigh(), to.getTraceLow(), now));
  }

  private void addSpans(List<Span> spans, Map<String, String> ids, String otherParent) {
    for (Span span : spans) {
      span.setSpanId(ids.get(span.getSpanId()));
      span.setParentSpanId(ids.getOrDefault(span.getParentSpanId(), otherParent));
      session.pending.add(span);
    }
  }

  private void addRecords(List<Object> records, int from, int to) {
    for (Object record : records) {
      if (record instanceof WaitLine line && line.getCursor() == from) {
        line.setCursor(to);
      } else if (record instanceof Call line && line.getDep() == 0 && line.getCursor() == from) {
        line.setCursor(to);
      } else if (record instanceof FunctionCall line && line.getCursor() == from) {
        line.setCursor(to);
      } else if (record instanceof Stat line && line.getCursor() == from) {
        line.setCursor(to);
      } else if (record instanceof ErrorLine line && line.getCursor() == from) {
        line.setCursor(to);
      } else if (record instanceof Binds line && line.getCursor() == from) {
        line.setCursor(to);
      }
      session.pending.addRecord(record);
    }
  }

  private static BitSet cursorsIn(List<Object> records) {
    BitSet cursors = new BitSet();
    for (Object record : records) {
      if (record instanceof ParsingInCursor introduced) {
        cursors.set(introduced.getCursor());
      } else if (record instanceof Close close) {
        cursors.set(close.getCursor());
      }
    }
    return cursors;
  }
}
