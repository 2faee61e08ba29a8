package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenFrame;
import io.pgstitch.processor.state.OpenNested;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Phase;
import io.pgstitch.processor.state.ProbedFunction;
import java.util.List;

/**
 * The open function calls of a session and the call windows of nested statements between them, the
 * outermost first: what is open, and the making of new ones. What closing them does is {@link
 * CallStack}'s.
 *
 * <p>A window lies above what encloses its statement and one byte deeper, so it falls exactly when
 * that does, whatever the executor's own depth is under hooks of extensions.
 */
final class OpenFrames {
  private final Session session;
  private final List<OpenFrame> frames;

  OpenFrames(Session session) {
    this.session = session;
    this.frames = session.state.getFrames();
  }

  int size() {
    return frames.size();
  }

  boolean isEmpty() {
    return frames.isEmpty();
  }

  OpenFrame get(int index) {
    return frames.get(index);
  }

  OpenFrame top() {
    return frames.get(frames.size() - 1);
  }

  void removeTop() {
    frames.remove(frames.size() - 1);
  }

  /** Whether nothing that runs statements is open: what happens is the client's message itself. */
  boolean atTopLevel() {
    for (OpenFrame frame : frames) {
      if (frame.getWindow() || runsStatements(frame.getFunction())) {
        return false;
      }
    }
    return true;
  }

  /** Whether PortalRun is open. */
  boolean inPortalRun() {
    for (OpenFrame frame : frames) {
      if (frame.getFunction() == ProbedFunction.PORTAL_RUN) {
        return true;
      }
    }
    return false;
  }

  /** Whether the outermost call that runs statements is one of parsing and planning. */
  boolean inParsing() {
    for (OpenFrame frame : frames) {
      if (frame.getWindow() || runsStatements(frame.getFunction())) {
        return switch (frame.getFunction()) {
          case PARSE_QUERY, ANALYZE, ANALYZE_VARPARAMS, PLANNER -> true;
          default -> false;
        };
      }
    }
    return false;
  }

  /** Object of the innermost open PortalStart or PortalRun, 0 when there is none. */
  long portal() {
    for (int i = frames.size() - 1; i >= 0; i--) {
      ProbedFunction function = frames.get(i).getFunction();
      if (function == ProbedFunction.PORTAL_START || function == ProbedFunction.PORTAL_RUN) {
        return frames.get(i).getObject();
      }
    }
    return 0;
  }

  /**
   * The call that a nested statement which starts now belongs to, null when that is the client's
   * statement. PortalStart only prepares a portal that outlives it, so what called it counts.
   */
  OpenFrame home() {
    int home = frames.size() - 1;
    while (home >= 0 && frames.get(home).getFunction() == ProbedFunction.PORTAL_START) {
      home--;
    }
    return home >= 0 && session.isInCall(frames.get(home)) ? frames.get(home) : null;
  }

  /** Place of a nested statement's open window, -1 when it has none. */
  int windowOf(OpenNested statement) {
    for (int i = frames.size() - 1; i >= 0; i--) {
      OpenFrame frame = frames.get(i);
      if (frame.getWindow() && frame.getOwner() == statement.getOrdinal()) {
        return i;
      }
    }
    return -1;
  }

  /** Opens a call that works for whatever statement is innermost. */
  OpenFrame pushCall(ProbedFunction function, String name, long stack, long object) {
    OpenFrame enclosing = session.innermost();
    OpenFrame frame = new OpenFrame();
    frame.setPhase(Phase.UNDETERMINED);
    frame.setFunction(function);
    frame.setName(name);
    frame.setStack(stack);
    frame.setObject(object);
    frame.setStart(session.reading());
    frame.setRows(-1);
    OpenStatement statement = session.statement();
    if (statement == null) {
      frame.setOrdinal(-1);
    } else {
      frame.setOrdinal(session.takeOrdinal());
      frame.setParent(
          enclosing == null ? statement.getCall().getOrdinal() : enclosing.getOrdinal());
      frame.setOwner(enclosing == null ? TraceWriter.ROOT : enclosing.getOwner());
      frame.setDepth(enclosing == null ? 0 : enclosing.getDepth());
      frame.setCursor(enclosing == null ? statement.getCursor() : enclosing.getCursor());
    }
    frames.add(frame);
    return frame;
  }

  /** Opens a call window of a nested statement. */
  void pushWindow(OpenNested statement, Phase phase) {
    OpenFrame window = new OpenFrame();
    window.setWindow(true);
    window.setPhase(phase);
    window.setFunction(ProbedFunction.OTHER);
    window.setName(phase.name());
    window.setStack(frames.isEmpty() ? 0 : top().getStack() + 1);
    window.setOrdinal(session.takeOrdinal());
    window.setParent(statement.getOrdinal());
    window.setOwner(statement.getOrdinal());
    window.setDepth(statement.getDepth());
    window.setCursor(statement.getCursor());
    window.setStart(session.reading());
    window.setRows(-1);
    frames.add(window);
  }

  private static boolean runsStatements(ProbedFunction function) {
    return switch (function) {
      case PARSE_QUERY,
          ANALYZE,
          ANALYZE_VARPARAMS,
          PLANNER,
          EXECUTOR_START,
          EXECUTOR_RUN,
          EXECUTOR_FINISH,
          EXECUTOR_END,
          PROCESS_UTILITY ->
          true;
      case OTHER, PORTAL_START, PORTAL_RUN, PORTAL_DROP -> false;
    };
  }
}
