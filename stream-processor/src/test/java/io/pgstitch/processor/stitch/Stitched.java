package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.TeamLaunch;
import io.pgstitch.schema.Bind;
import io.pgstitch.schema.Binds;
import io.pgstitch.schema.Call;
import io.pgstitch.schema.Close;
import io.pgstitch.schema.ErrorLine;
import io.pgstitch.schema.FunctionCall;
import io.pgstitch.schema.Note;
import io.pgstitch.schema.ParsingInCursor;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import io.pgstitch.schema.Stat;
import io.pgstitch.schema.TraceRecords;
import io.pgstitch.schema.TransactionEndLine;
import io.pgstitch.schema.WaitLine;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;

/** What a stitcher put out. */
public final class Stitched implements StitchOutput {
  public final StitchCounters counters = new StitchCounters();
  public final List<SpecificRecord> all = new ArrayList<>();
  public final List<QueryTrace> traces = new ArrayList<>();
  public final List<Object> records = new ArrayList<>();
  public final List<TeamLaunch> launches = new ArrayList<>();

  /** What was said of traces so far, and how many these were. */
  public final List<String> settled = new ArrayList<>();

  @Override
  public void trace(QueryTrace trace) {
    all.add(trace);
    traces.add(trace);
  }

  @Override
  public void settled(WaitedFor waitedFor) {
    settled.add(waitedFor + " after " + traces.size());
  }

  /** What a parallel worker did, without a leader. */
  @Override
  public void share(QueryTrace trace, long startNs, long utcOffsetNs) {
    trace(trace);
  }

  @Override
  public void launched(TeamLaunch launch) {
    launches.add(launch);
  }

  @Override
  public void placed(long context, int number, long timeNs, String spanId) {
    for (TeamLaunch launch : launches) {
      if (launch.getContext() == context
          && launch.getNumber() == number
          && launch.getTimeNs() == timeNs) {
        launch.setSpanId(spanId);
      }
    }
  }

  @Override
  public void records(TraceRecords more, long endUtcNs) {
    all.add(more);
    records.addAll(more.getRecords());
  }

  /** The last parts. */
  public List<QueryTrace> statements() {
    return traces.stream().filter(QueryTrace::getLast).toList();
  }

  public QueryTrace only() {
    if (statements().size() != 1) {
      throw new AssertionError("expected one statement, got " + statements().size());
    }
    return statements().get(0);
  }

  /** Spans of all parts of a trace. */
  public List<Span> spans(QueryTrace trace) {
    List<Span> spans = new ArrayList<>();
    traces.stream()
        .filter(part -> part.getTraceId().equals(trace.getTraceId()))
        .forEach(part -> spans.addAll(part.getSpans()));
    return spans;
  }

  public List<Span> spans(QueryTrace trace, SpanKind kind) {
    return spans(trace).stream().filter(span -> span.getKind() == kind).toList();
  }

  /** Names of the calls of a statement by order. */
  public List<String> calls(QueryTrace trace) {
    return spans(trace).stream()
        .filter(span -> span.getDepth() == 0)
        .filter(
            span ->
                switch (span.getKind()) {
                  case PARSE, EXEC, FETCH, CLOSE -> true;
                  default -> false;
                })
        .map(Span::getName)
        .toList();
  }

  /** The records in short: kind, cursor and what tells them apart. */
  public List<String> shortRecords() {
    return records.stream().map(Stitched::shortForm).toList();
  }

  private static String shortForm(Object record) {
    if (record instanceof ParsingInCursor r) {
      return "PIC " + r.getCursor() + " " + r.getDep() + " " + r.getText();
    } else if (record instanceof Call r) {
      return r.getKind() + " " + r.getCursor() + " r=" + r.getRows() + " mis=" + r.getMisses();
    } else if (record instanceof Close r) {
      return "CLOSE " + r.getCursor() + " type=" + r.getCloseType();
    } else if (record instanceof WaitLine r) {
      return "WAIT " + r.getCursor() + " " + r.getEvent();
    } else if (record instanceof TransactionEndLine r) {
      return "XCTEND " + (r.getRollback() ? 1 : 0);
    } else if (record instanceof ErrorLine r) {
      return "ERROR " + r.getCursor() + " " + r.getSqlstate();
    } else if (record instanceof Binds r) {
      return "BINDS " + r.getCursor() + " " + r.getBinds().stream().map(Bind::getValue).toList();
    } else if (record instanceof Stat r) {
      return "STAT "
          + r.getCursor()
          + " "
          + r.getId()
          + "<"
          + r.getParent()
          + " "
          + r.getOperation();
    } else if (record instanceof FunctionCall r) {
      return "FUNCTION " + r.getCursor() + " " + r.getName();
    } else if (record instanceof Note r) {
      return "NOTE " + r.getName();
    }
    throw new AssertionError(record);
  }
}
