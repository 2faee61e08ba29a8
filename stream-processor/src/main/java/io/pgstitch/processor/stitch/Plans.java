package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenNested;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.schema.PlanCaptured;

/** Which statement a plan belongs to that was read when its executor ended. */
final class Plans {
  private final Session session;
  private final CallStack stack;
  private final SuspendedPortals suspended;
  private final PlanWriter writer;

  Plans(Session session, CallStack stack, SuspendedPortals suspended) {
    this.session = session;
    this.stack = stack;
    this.suspended = suspended;
    this.writer = new PlanWriter(session);
  }

  void captured(PlanCaptured event) {
    OpenStatement statement = session.statement();
    OpenNested nested = stack.nestedOf(event.getObject());
    if (statement != null && nested != null) {
      session.pending.addAll(
          writer.spans(statement, nested.getOrdinal(), nested.getDepth(), event));
      writer.records(nested.getCursor(), event);
    } else if (statement != null && statement.getOwnObject() == event.getObject()) {
      session.pending.addAll(writer.spans(statement, TraceWriter.ROOT, 0, event));
      writer.records(statement.getCursor(), event);
    } else if (suspended.ofExecutor(event.getObject()) != null) {
      OpenStatement aside = suspended.ofExecutor(event.getObject());
      suspended.sendPart(aside, writer.spans(aside, TraceWriter.ROOT, 0, event));
      writer.records(aside.getCursor(), event);
    } else {
      session.counters.add(Counter.PLANS_WITHOUT_STATEMENT, 1);
    }
  }
}
