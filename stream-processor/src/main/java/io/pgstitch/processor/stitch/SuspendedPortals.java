package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.EndingStatement;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Reading;
import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.Span;
import java.util.List;

/** Statements that were put aside until their portal runs again, the oldest first. */
final class SuspendedPortals {
  private final Session session;
  private final TraceWriter writer;
  private final TraceEmitter emitter;
  private final List<OpenStatement> suspended;

  SuspendedPortals(Session session, TraceWriter writer, TraceEmitter emitter) {
    this.session = session;
    this.writer = writer;
    this.emitter = emitter;
    this.suspended = session.state.getSuspended();
  }

  /** Puts a statement aside; above the limit the oldest is closed. */
  void add(OpenStatement statement) {
    suspended.add(statement);
    while (suspended.size() > 1 && isOver()) {
      closeByLimit(0, TraceLimits.PORTALS);
    }
  }

  private boolean isOver() {
    long chars = 0;
    for (OpenStatement statement : suspended) {
      chars += HeldTexts.chars(statement);
    }
    return suspended.size() > session.limits.suspended() || chars > session.limits.heldChars();
  }

  /** Closes all of them by a limit. */
  void closeByLimit(String limit) {
    while (!suspended.isEmpty()) {
      closeByLimit(0, limit);
    }
  }

  private void closeByLimit(int index, String limit) {
    OpenStatement statement = suspended.get(index);
    statement.setCloseLimit(limit);
    statement.setComplete(false);
    close(index, CloseReason.LIMIT);
  }

  /** Whether a statement with this portal waits. */
  boolean waits(long portal) {
    return indexOf(portal) >= 0;
  }

  /** Whether a statement waits whose messages had this text. */
  boolean waitsOfText(long sourceHash) {
    return suspended.stream().anyMatch(statement -> statement.getSourceHash() == sourceHash);
  }

  /** Takes back the statement with this portal, which must wait. */
  OpenStatement take(long portal) {
    return suspended.remove(indexOf(portal));
  }

  /** Whether a statement waits whose executor this is and whose messages had this text. */
  boolean waits(long object, long sourceHash) {
    return indexOfExecutor(object, sourceHash) >= 0;
  }

  /** Takes back that statement, which must wait. */
  OpenStatement take(long object, long sourceHash) {
    return suspended.remove(indexOfExecutor(object, sourceHash));
  }

  private int indexOfExecutor(long object, long sourceHash) {
    for (int i = suspended.size() - 1; i >= 0; i--) {
      OpenStatement statement = suspended.get(i);
      if (object != 0
          && statement.getOwnObject() == object
          && statement.getSourceHash() == sourceHash) {
        return i;
      }
    }
    return -1;
  }

  /** A portal goes; its statement ends now unless its executor has yet to say that it ended. */
  void portalDropped(long portal) {
    int index = indexOf(portal);
    if (index >= 0) {
      OpenStatement statement = suspended.get(index);
      statement.setPortalDropped(true);
      if (statement.getOwnObject() == 0 || !statement.getRan()) {
        close(index, CloseReason.COMPLETED);
      }
    }
  }

  /**
   * A transaction commits, and the ends of these executors, which come before that, are not seen at
   * level 1.
   */
  void committed() {
    for (OpenStatement statement : suspended) {
      boolean ended = statement.getRan() && statement.getSqlstate() == null;
      statement.setOwnEnd(statement.getOwnEnd() || ended);
    }
  }

  /**
   * A query of a message with this text runs and is none that is known. Where an executor has lain
   * before, that one has ended; where both have one text it may have been the same all the same,
   * whose rows are then counted elsewhere.
   */
  void descriptorRunsAnew(long object, long sourceHash) {
    OpenStatement before = ofExecutor(object);
    if (before != null && before.getLean() && before.getSourceHash() == sourceHash) {
      before.setComplete(false);
    }
    boolean unused = executorEnded(object);
  }

  /** Ends the statement whose executor ends; false when it is none of these. */
  boolean executorEnded(long object) {
    if (object == 0) {
      return false;
    }
    for (int i = 0; i < suspended.size(); i++) {
      OpenStatement statement = suspended.get(i);
      if (statement.getOwnObject() == object) {
        statement.setOwnEnd(statement.getRan() && statement.getSqlstate() == null);
        close(i, CloseReason.COMPLETED);
        return true;
      }
    }
    return false;
  }

  /** The statement with this query descriptor, or null. */
  OpenStatement ofExecutor(long object) {
    for (OpenStatement statement : suspended) {
      if (object != 0 && statement.getOwnObject() == object) {
        return statement;
      }
    }
    return null;
  }

  /** Sends spans of a statement that is put aside as a part of its trace. */
  void sendPart(OpenStatement statement, List<Span> spans) {
    emitter.partOfSuspended(statement, spans, session.reading());
  }

  /** Ends those whose portal was dropped without their executor's end. */
  void closeDropped() {
    for (int i = suspended.size() - 1; i >= 0; i--) {
      OpenStatement statement = suspended.get(i);
      if (statement.getPortalDropped()) {
        // A drop that no error caused ends the executor, seen or not.
        boolean ended = statement.getRan() && !session.state.getRolledBack();
        statement.setOwnEnd(statement.getOwnEnd() || ended);
        close(i, CloseReason.COMPLETED);
      }
    }
  }

  /** No portal outlives its transaction. */
  void transactionEnded() {
    while (!suspended.isEmpty()) {
      boolean ended = suspended.get(0).getOwnEnd();
      close(0, ended ? CloseReason.COMPLETED : CloseReason.SUPERSEDED);
    }
  }

  void closeAll(CloseReason reason) {
    while (!suspended.isEmpty()) {
      close(0, reason);
    }
  }

  /** Not all events of these statements were seen. */
  void incomplete(long lostEvents) {
    for (OpenStatement statement : suspended) {
      statement.setLostEvents(statement.getLostEvents() + lostEvents);
      statement.setComplete(false);
    }
    // Of those that have ended the call is not seen to its end that they are closed with.
    for (EndingStatement ending : session.state.getEnding()) {
      ending.getStatement().setComplete(false);
    }
  }

  private void close(int index, CloseReason reason) {
    EndingStatement ending = new EndingStatement();
    ending.setStatement(suspended.remove(index));
    ending.setReason(reason.name());
    ending.setEndedNs(session.state.getNow().getTimeNs());
    session.state.getEnding().add(ending);
    if (session.statement() == null) {
      closeEnding(session.reading());
    }
  }

  /**
   * Closes the statements that ended inside a call, which has ended now: their CLOSE lines stand
   * behind it, as lines stand where calls end, and have no time of their own.
   */
  void closeEnding(Reading end) {
    List<EndingStatement> all = session.state.getEnding();
    for (int i = 0; i < all.size(); ) {
      EndingStatement ending = all.get(i);
      if (ending.getEndedNs() > end.getTimeNs()) {
        i++;
        continue;
      }
      all.remove(i);
      OpenStatement statement = ending.getStatement();
      CloseReason reason = CloseReason.valueOf(ending.getReason());
      emitter.lastOfSuspended(statement, writer.statementEnd(statement, end), end, reason);
      session.releaseCursor(statement.getCursor());
    }
  }

  /** The youngest with this portal: addresses are used again. */
  private int indexOf(long portal) {
    for (int i = suspended.size() - 1; i >= 0; i--) {
      if (suspended.get(i).getPortal() == portal) {
        return i;
      }
    }
    return -1;
  }
}
