package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.CursorText;
import io.pgstitch.processor.state.OpenNested;
import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Phase;
import io.pgstitch.processor.state.ProbedFunction;
import io.pgstitch.schema.StatementEntry;
import java.util.List;

/**
 * What the planner works for: the client's statement, whose place in its message is known from then
 * on, or a statement inside it, which is then open before its executor starts.
 */
final class Plannings {
  private final OpenSession state;
  private final Session session;
  private final CallStack stack;
  private final StatementLifecycle lifecycle;
  private final FunctionEntries functions;

  Plannings(
      Session session, CallStack stack, StatementLifecycle lifecycle, FunctionEntries functions) {
    this.session = session;
    this.state = session.state;
    this.stack = stack;
    this.lifecycle = lifecycle;
    this.functions = functions;
  }

  /**
   * The planner is entered.
   *
   * @param afterError whether it is the first sight of the stack after an error. The calls that the
   *     error left are no shallower than the planner, so they seem to be open: it cannot be told
   *     which statement is planned for, and it is a call without a statement of its own
   */
  void entered(StatementEntry event, long depth, boolean afterError, List<String> strings) {
    String name = strings.get(event.getFunction());
    boolean top = stack.atTopLevel();
    if (top || afterError) {
      functions.entered(ProbedFunction.PLANNER, name, depth, 0);
      if (top) {
        place(event);
      }
      return;
    }
    OpenStatement unused = lifecycle.seen();
    CursorText identity = new CursorText();
    identity.setObject(0L);
    String source = event.getText() == 0 ? state.getMessageText() : strings.get(event.getText());
    identity.setText(session.slices.of(source, event.getLocation(), event.getLength()));
    boolean cut = event.getText() == 0 ? state.getMessageTruncated() : event.getTextTruncated();
    identity.setTextTruncated(
        cut && !SourceSlice.isWhole(source, event.getLocation(), event.getLength()));
    identity.setCommandTag(Executors.tag(event.getCommand()));
    identity.setQueryId(event.getQueryId());
    OpenNested planned = stack.planned(identity, event.getCommand() == Executors.SELECT);
    stack.pushDriver(planned, Phase.PARSE, ProbedFunction.PLANNER, name, depth);
  }

  /** Of a message with several statements, the one that is planned may have no portal yet. */
  private void place(StatementEntry event) {
    OpenStatement statement = session.statement();
    if (statement != null
        && !statement.getHasPortal()
        && event.getText() == 0
        && event.getLocation() >= 0
        && statement.getText().equals(state.getMessageText())) {
      statement.setText(
          session.slices.of(statement.getText(), event.getLocation(), event.getLength()));
      lifecycle.placed(event.getLocation(), event.getLength());
    }
  }
}
