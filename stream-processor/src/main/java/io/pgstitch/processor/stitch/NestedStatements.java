package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.CursorText;
import io.pgstitch.processor.state.OpenFrame;
import io.pgstitch.processor.state.OpenNested;
import java.util.List;

/** The open statements that are run by other statements, the oldest first. */
final class NestedStatements {
  private final Session session;
  private final TraceWriter writer;
  private final List<OpenNested> nested;

  NestedStatements(Session session, TraceWriter writer) {
    this.session = session;
    this.writer = writer;
    this.nested = session.state.getNested();
  }

  boolean isEmpty() {
    return nested.isEmpty();
  }

  /** Whether one with so many characters of text has no room. */
  boolean isFull(int chars) {
    if (nested.size() >= session.limits.openNested()) {
      return true;
    }
    long held = chars;
    for (OpenNested statement : nested) {
      held += HeldTexts.chars(statement);
    }
    return !nested.isEmpty() && held > session.limits.heldChars();
  }

  int size() {
    return nested.size();
  }

  OpenNested get(int index) {
    return nested.get(index);
  }

  /** The one with this query descriptor, or null; utility statements have none. */
  OpenNested byObject(long object) {
    if (object != 0) {
      for (int i = nested.size() - 1; i >= 0; i--) {
        if (nested.get(i).getObject() == object) {
          return nested.get(i);
        }
      }
    }
    return null;
  }

  /** The one with this span number, or null when it has ended. */
  OpenNested byOrdinal(int ordinal) {
    for (int i = nested.size() - 1; i >= 0; i--) {
      if (nested.get(i).getOrdinal() == ordinal) {
        return nested.get(i);
      }
    }
    return null;
  }

  /** The newest one directly inside a span that was planned with this text and has not run. */
  OpenNested planned(String text, int parent) {
    for (int i = nested.size() - 1; i >= 0; i--) {
      OpenNested statement = nested.get(i);
      if (statement.getPlanned()
          && statement.getParent() == parent
          && statement.getText().equals(text)) {
        return statement;
      }
    }
    return null;
  }

  /**
   * Opens one.
   *
   * @param enclosing the call that runs it, null when that is the client's statement itself
   */
  OpenNested open(CursorText identity, boolean select, boolean utility, OpenFrame enclosing) {
    OpenNested statement = new OpenNested();
    statement.setOrdinal(session.takeOrdinal());
    statement.setParent(
        enclosing == null ? session.statement().getCall().getOrdinal() : enclosing.getOrdinal());
    statement.setDepth(enclosing == null ? 1 : enclosing.getDepth() + 1);
    statement.setCursor(session.takeCursor());
    statement.setObject(identity.getObject());
    statement.setText(identity.getText());
    statement.setTextTruncated(identity.getTextTruncated());
    statement.setCommandTag(identity.getCommandTag());
    statement.setQueryId(identity.getQueryId());
    statement.setSelect(select);
    statement.setUtility(utility);
    statement.setErrorMessage("");
    statement.setStart(session.reading());
    statement.setBlocks(Readings.none());
    statement.setWal(Readings.noWal());
    statement.setCloseWal(Readings.noWal());
    statement.setCloseBlocks(Readings.none());
    statement.setRows(-1);
    nested.add(statement);
    writer.nested().introduce(statement);
    return statement;
  }

  /** Ends one whose window is closed already; nothing when it has ended before. */
  void end(OpenNested statement) {
    if (nested.remove(statement)) {
      if (statement.getSqlstate() == null && !statement.getPlanned()) {
        // Raised inside it, and caught further out: otherwise it would have been reported.
        statement.setSqlstate(session.state.getThrown());
      }
      writer.nested().end(session.statement(), statement, session.reading());
      session.releaseCursor(statement.getCursor());
    }
  }

  /** Ends those that were planned before another one at the same place, and did not run. */
  void endPlannedBefore(OpenNested statement) {
    for (int i = nested.indexOf(statement) - 1; i >= 0; i--) {
      OpenNested earlier = nested.get(i);
      if (earlier.getPlanned() && earlier.getParent() == statement.getParent()) {
        end(earlier);
      }
    }
  }

  /** Says which error ends them all. */
  void failed(String sqlstate, String message) {
    for (OpenNested statement : nested) {
      if (!statement.getPlanned()) {
        statement.setSqlstate(sqlstate);
        statement.setErrorMessage(message);
      }
    }
  }
}
