package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenNested;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Phase;
import io.pgstitch.schema.BindsBound;

/**
 * Whose bind values come: those of the statement, own or nested, whose executor has them; those of
 * a CALL, which has none, come inside its utility command.
 */
final class BoundValues {
  private final Session session;
  private final CallStack stack;
  private final TraceWriter writer;

  BoundValues(Session session, CallStack stack, TraceWriter writer) {
    this.session = session;
    this.stack = stack;
    this.writer = writer;
  }

  void bound(BindsBound event) {
    OpenNested nested =
        event.getObject() == 0 ? stack.innermostNested() : stack.nestedOf(event.getObject());
    OpenStatement statement = session.statement();
    if (nested != null) {
      if (nested.getBinds() == null) {
        nested.setBinds(HeldBinds.of(event.getBinds()));
        nested.setBindsTotal(event.getTotal());
        writer.lines().binds(nested.getCursor(), event, nested.getSelect());
      }
    } else if (statement != null && statement.getOwnObject() == event.getObject()) {
      // A rule makes several executors of one statement: they have the same values.
      if (statement.getBinds() == null) {
        statement.setBinds(HeldBinds.of(event.getBinds()));
        statement.setBindsTotal(event.getTotal());
        writer.lines().binds(statement.getCursor(), event, fetches(statement));
      }
    } else {
      session.counters.add(Counter.BINDS_WITHOUT_STATEMENT, 1);
    }
  }

  /** Whether its EXEC has ended. */
  private static boolean fetches(OpenStatement statement) {
    return statement.getCall().getPhase() == Phase.FETCH && statement.getCalls() > 0;
  }
}
