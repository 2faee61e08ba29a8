package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Reading;
import io.pgstitch.schema.BackendKind;

/** A statement of the client at its first sight. */
final class NewStatement {
  private NewStatement() {}

  /**
   * Makes one of the running message, with an id of its own. What the session remembered for its
   * next statement, as losses before it, goes to this one.
   *
   * @param at when it begins
   * @param cursor its number
   */
  static OpenStatement of(Session session, Reading at, int cursor) {
    OpenSession state = session.state;
    long startNs = at.getTimeNs();
    state.setSameStart(startNs == state.getLastStartNs() ? state.getSameStart() + 1 : 0);
    state.setLastStartNs(startNs);
    OpenStatement statement = new OpenStatement();
    statement.setTraceHigh(session.ids.high(startNs, state.getSameStart()));
    statement.setTraceLow(session.ids.low(startNs, state.getSameStart()));
    statement.setStart(at);
    statement.setLevel(state.getLevel());
    statement.setCursor(cursor);
    statement.setText(state.getMessageText());
    statement.setTextTruncated(state.getMessageTruncated());
    statement.setStatementName("");
    statement.setCommandTag("");
    statement.setErrorMessage("");
    statement.setErrorDetail("");
    statement.setErrorHint("");
    statement.setApplicationName(SessionSettings.applicationName(session));
    statement.setRows(-1);
    statement.setBegunBefore(state.getMidway() && state.getBegunBefore());
    statement.setComplete(!state.getMidway() && state.getLostPending() == 0);
    statement.setUnseenBefore(state.getUnseenBefore());
    statement.setLostEvents(state.getLostPending());
    statement.setWorker(session.backend.getKind() == BackendKind.PARALLEL_WORKER);
    statement.setBlocks(Readings.none());
    statement.setWal(Readings.noWal());
    statement.setCloseWal(Readings.noWal());
    statement.setCloseBlocks(Readings.none());
    statement.setNextOrdinal(1);
    statement.setRowsRecord(-1);
    statement.setRowsSpan(-1);
    statement.setMessages(1);
    statement.setSourceHash(hash(state.getMessageText(), state.getMessageIdentity()));
    statement.setLosses(state.getPendingLosses());
    statement.setContinues(state.getMidway() ? state.getContinues() : null);
    state.setContinues(null);
    state.setPendingLosses(null);
    state.setLostPending(0);
    return statement;
  }

  /** Of a message's text, to know it again: 64 bits, as two texts may share 32. */
  private static long hash(String text, long identity) {
    long hash = text.length() ^ identity;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash * 0x100000001B3L) ^ text.charAt(i);
    }
    return hash;
  }
}
