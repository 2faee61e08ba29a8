package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenCall;
import io.pgstitch.processor.state.OpenFrame;
import io.pgstitch.processor.state.OpenNested;
import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.OpenWaitNow;
import io.pgstitch.processor.state.Phase;
import io.pgstitch.schema.OpenQuery;
import java.util.ArrayList;
import java.util.List;

/** The running statement of a session as it is known now. */
final class OpenQueryView {
  /** Longer texts are cut. */
  static final int TEXT_CHARS = 4_096;

  private OpenQueryView() {}

  /** Null when no statement of a client runs. */
  static OpenQuery of(Session session) {
    OpenSession state = session.state;
    OpenStatement statement = state.getStatement();
    if (statement == null || statement.getWorker()) {
      return null;
    }
    OpenQuery query = new OpenQuery();
    query.setTraceId(TraceIds.trace(statement.getTraceHigh(), statement.getTraceLow()));
    query.setBackend(session.backendOf(statement));
    query.setLevel(state.getLevel());
    String text = statement.getText();
    query.setText(cut(text));
    query.setTextTruncated(statement.getTextTruncated() || text.length() > TEXT_CHARS);
    query.setQueryId(statement.getQueryId());
    query.setStartUtcNs(session.utcNs(statement.getStart().getTimeNs()));
    OpenCall call = statement.getCall();
    query.setCall(call.getPhase() == Phase.UNDETERMINED ? "" : call.getPhase().name());
    query.setCallStartUtcNs(session.utcNs(call.getStart().getTimeNs()));
    query.setFunction(function(state.getFrames()));
    innermost(query, state.getNested());
    wait(query, state.getOpenWait(), session);
    query.setLastEventUtcNs(session.utcNs(state.getNow().getTimeNs()));
    query.setHeardUtcNs(session.utcNs(Math.max(state.getHeardNs(), state.getNow().getTimeNs())));
    query.setComplete(statement.getComplete());
    query.setLostEvents(statement.getLostEvents());
    query.setBegunBefore(statement.getBegunBefore());
    query.setParts(statement.getParts());
    return query;
  }

  private static String function(List<OpenFrame> frames) {
    for (int i = frames.size() - 1; i >= 0; i--) {
      if (!frames.get(i).getWindow()) {
        return frames.get(i).getName();
      }
    }
    return "";
  }

  private static void innermost(OpenQuery query, List<OpenNested> nested) {
    OpenNested deepest = null;
    for (OpenNested statement : nested) {
      if (deepest == null || statement.getDepth() >= deepest.getDepth()) {
        deepest = statement;
      }
    }
    query.setNestedText(deepest == null ? null : cut(deepest.getText()));
    query.setDepth(deepest == null ? 0 : deepest.getDepth());
  }

  private static void wait(OpenQuery query, OpenWaitNow wait, Session session) {
    query.setHolders(wait == null ? List.of() : new ArrayList<>(wait.getHolders()));
    if (wait != null) {
      query.setWaitClass(wait.getEventClass());
      query.setWaitEvent(wait.getEvent());
      query.setWaitStartUtcNs(session.utcNs(wait.getStartNs()));
    }
  }

  private static String cut(String text) {
    if (text.length() <= TEXT_CHARS) {
      return text;
    }
    boolean inPair = Character.isHighSurrogate(text.charAt(TEXT_CHARS - 1));
    return text.substring(0, inPair ? TEXT_CHARS - 1 : TEXT_CHARS);
  }
}
