package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenStatement;

/**
 * Marks statements in which calls returned that the kernel did not report: it remembers no more
 * than 64 open calls of a process. Such a call ends at the next sight of the backend.
 */
final class UnseenReturns {
  private UnseenReturns() {}

  static void mark(Session session) {
    session.counters.add(Counter.UNSEEN_RETURNS, 1);
    OpenStatement statement = session.statement();
    if (statement == null) {
      return;
    }
    if (statement.getUnseenReturns() == 0) {
      new RecordLines(session)
          .note(
              "INCOMPLETE",
              "returns of functions are not seen from here on, because the kernel remembers 64 open"
                  + " calls of a process; such calls end at the next event");
    }
    statement.setUnseenReturns(statement.getUnseenReturns() + 1);
    statement.setComplete(false);
  }
}
