package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.Reading;
import io.pgstitch.schema.Wait;
import java.util.List;

/** Which statement and window a wait belongs to. */
final class Waits {
  private final Session session;
  private final OpenSession state;
  private final CallStack stack;
  private final TraceWriter writer;
  private final StatementLifecycle lifecycle;
  private final LockHolderLinks holders;

  Waits(Session session, CallStack stack, TraceWriter writer, StatementLifecycle lifecycle) {
    this.session = session;
    this.state = session.state;
    this.stack = stack;
    this.writer = writer;
    this.lifecycle = lifecycle;
    this.holders = new LockHolderLinks(session.backend);
  }

  /** A wait of this length has ended now. */
  void ended(Wait wait, long lengthNs, List<String> strings) {
    String eventClass = strings.get(wait.getEventClass());
    String event = strings.get(wait.getEvent());
    boolean forClient = eventClass.equals("Client") && event.equals("ClientRead");
    Reading start = Readings.beforeWait(state.getNow(), lengthNs);
    boolean begun = wait.getBegunBefore();
    if (session.statement() == null && (begun || (state.getMidway() && !forClient))) {
      if (begun) {
        // What it waits in is among what was not seen.
        state.setMidway(true);
        state.setBegunBefore(true);
      }
      lifecycle.open(start);
    }
    boolean betweenCalls = forClient && !begun && isBetweenCalls();
    if (betweenCalls) {
      // The wait is written while the next window, which begins at its end, is open already.
      lifecycle.windows().clientThinks(start, session.reading());
    }
    writer.waited(wait, eventClass, event, start, betweenCalls, holders.of(wait, strings));
  }

  /** The client thinks between two messages: that time belongs to no call. */
  private boolean isBetweenCalls() {
    return session.statement() != null && !stack.inCall() && stack.atTopLevel();
  }
}
