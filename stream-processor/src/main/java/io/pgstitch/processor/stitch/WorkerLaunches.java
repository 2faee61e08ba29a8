package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenFrame;
import io.pgstitch.processor.state.OpenLaunch;
import io.pgstitch.processor.state.OpenNested;
import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.TeamLaunch;
import io.pgstitch.schema.WorkerLaunched;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Parallel workers that a session launched, and where in its trace they belong: under the innermost
 * call or statement that was open when they were launched and still is when their context is
 * destroyed, which PostgreSQL does not do before they have ended. docs/decisions/0013 says why.
 */
final class WorkerLaunches {
  /** More than a server runs at a time; above it the oldest is placed under the root. */
  private static final int MOST = 1024;

  private final Session session;
  private final OpenSession state;
  private final StitchOutput output;
  private final RecordLines lines;

  WorkerLaunches(Session session, StitchOutput output) {
    this.session = session;
    this.state = session.state;
    this.output = output;
    this.lines = new RecordLines(session);
  }

  /** The running statement, or one inside it, has launched a worker. */
  void launched(WorkerLaunched event, OpenStatement statement) {
    OpenLaunch launch = new OpenLaunch();
    launch.setObject(event.getObject());
    launch.setContext(event.getContext());
    launch.setNumber(event.getNumber());
    launch.setTimeNs(state.getNow().getTimeNs() - event.getDurationNs());
    launch.setTraceHigh(statement.getTraceHigh());
    launch.setTraceLow(statement.getTraceLow());
    launch.setPlaces(places(statement));
    statement.setWorkersLaunched(statement.getWorkersLaunched() + 1);
    OpenFrame window = innermostWindow();
    int cursor = window == null ? statement.getCursor() : window.getCursor();
    if (state.getLaunches().size() >= MOST) {
      place(state.getLaunches().remove(0), TraceWriter.ROOT);
    }
    state.getLaunches().add(launch);
    lines.note(
        "PARALLEL WORKER LAUNCHED",
        "number=%d context=%d cursor=#%d"
            .formatted(launch.getNumber(), launch.getContext(), cursor));
    output.launched(told(launch, statement, cursor, window == null ? 0 : window.getDepth()));
  }

  /** A context is destroyed: none of its workers runs on after that. */
  void destroyed(long object) {
    for (Iterator<OpenLaunch> each = state.getLaunches().iterator(); each.hasNext(); ) {
      OpenLaunch launch = each.next();
      if (launch.getObject() == object) {
        each.remove();
        place(launch, innermostOpen(launch));
      }
    }
  }

  /** The statement ends, and with it what it launched. */
  void ended(OpenStatement statement) {
    if (state.getLaunches().isEmpty()) {
      return;
    }
    for (Iterator<OpenLaunch> each = state.getLaunches().iterator(); each.hasNext(); ) {
      OpenLaunch launch = each.next();
      if (isOf(launch, statement)) {
        each.remove();
        place(launch, TraceWriter.ROOT);
      }
    }
  }

  /** The process of a launched worker is known. */
  void seen(TeamLaunch launch, int pid) {
    lines.note(
        "PARALLEL WORKER",
        "number=%d context=%d pid=%d".formatted(launch.getNumber(), launch.getContext(), pid));
  }

  private void place(OpenLaunch launch, int ordinal) {
    output.placed(
        launch.getContext(),
        launch.getNumber(),
        launch.getTimeNs(),
        TraceIds.span(launch.getTraceHigh(), launch.getTraceLow(), ordinal));
  }

  private TeamLaunch told(OpenLaunch launch, OpenStatement statement, int cursor, int depth) {
    long high = launch.getTraceHigh();
    long low = launch.getTraceLow();
    String traceId = TraceIds.trace(high, low);
    String application = statement.getContext().getTraceId();
    TeamLaunch told = new TeamLaunch();
    told.setContext(launch.getContext());
    told.setNumber(launch.getNumber());
    told.setTimeNs(launch.getTimeNs());
    told.setUtcOffsetNs(state.getUtcOffsetNs());
    told.setTraceId(traceId);
    told.setWithinTraceId(application.isEmpty() ? traceId : application);
    told.setSampled(statement.getContext().getSampled());
    told.setTracestate(statement.getContext().getState());
    told.setRootSpanId(TraceIds.span(high, low, TraceWriter.ROOT));
    told.setSpanId("");
    told.setCursor(cursor);
    told.setDepth(depth);
    return told;
  }

  private List<Integer> places(OpenStatement statement) {
    List<Integer> places = new ArrayList<>();
    for (int i = state.getFrames().size() - 1; i >= 0; i--) {
      OpenFrame frame = state.getFrames().get(i);
      if (frame.getWindow() && frame.getOrdinal() >= 0) {
        places.add(frame.getOrdinal());
        places.add(frame.getOwner());
      }
    }
    places.add(statement.getCall().getOrdinal());
    places.add(TraceWriter.ROOT);
    return places;
  }

  private OpenFrame innermostWindow() {
    for (int i = state.getFrames().size() - 1; i >= 0; i--) {
      OpenFrame frame = state.getFrames().get(i);
      if (frame.getWindow() && frame.getOrdinal() >= 0) {
        return frame;
      }
    }
    return null;
  }

  private int innermostOpen(OpenLaunch launch) {
    OpenStatement statement = session.statement();
    if (statement == null || !isOf(launch, statement)) {
      return TraceWriter.ROOT;
    }
    for (int ordinal : launch.getPlaces()) {
      if (isOpen(statement, ordinal)) {
        return ordinal;
      }
    }
    return TraceWriter.ROOT;
  }

  private boolean isOpen(OpenStatement statement, int ordinal) {
    if (statement.getCall() != null && statement.getCall().getOrdinal() == ordinal) {
      return true;
    }
    for (OpenFrame frame : state.getFrames()) {
      if (frame.getOrdinal() == ordinal) {
        return true;
      }
    }
    for (OpenNested nested : state.getNested()) {
      if (nested.getOrdinal() == ordinal) {
        return true;
      }
    }
    return false;
  }

  private static boolean isOf(OpenLaunch launch, OpenStatement statement) {
    return launch.getTraceHigh() == statement.getTraceHigh()
        && launch.getTraceLow() == statement.getTraceLow();
  }
}
