package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.TraceParent;
import java.util.ArrayList;
import java.util.List;

/**
 * Which trace context of the application a statement belongs to: that of a comment in its text,
 * else that of the settings in force when it starts. docs/decisions/0007 explains.
 */
final class StatementContexts {
  private final Session session;
  private final OpenSession state;

  StatementContexts(Session session) {
    this.session = session;
    this.state = session.state;
  }

  /** A statement of the running message starts. */
  void begin(OpenStatement statement) {
    String text = state.getMessageText();
    TraceParent commented = null;
    if (mayHaveOne(text)) {
      int malformed = 0;
      for (SqlComments.Comment comment : SqlComments.of(text)) {
        CommentContext context = CommentContext.of(comment.content());
        if (context.parent() != null) {
          commented = context.parent();
        } else if (context.names()) {
          malformed++;
        }
      }
      session.counters.add(Counter.MALFORMED_TRACEPARENTS, malformed);
    }
    statement.setContext(commented == null ? SessionSettings.context(state) : commented);
  }

  /**
   * Its place in a message of several statements is known: the last comment that begins before its
   * end counts, and only when there is none one that follows.
   *
   * @param location byte offset in the message's text, -1 unknown
   * @param length bytes, 0 to the end
   */
  void placed(OpenStatement statement, int location, int length) {
    String text = state.getMessageText();
    if (length <= 0 || location < 0 || !mayHaveOne(text)) {
      return;
    }
    int end = SourceSlice.end(text, location, length);
    TraceParent before = null;
    TraceParent after = null;
    for (SqlComments.Comment comment : SqlComments.of(text)) {
      TraceParent parent = CommentContext.of(comment.content()).parent();
      if (parent != null && comment.start() < end) {
        before = parent;
      } else if (parent != null && after == null) {
        after = parent;
      }
    }
    TraceParent counts = before == null ? after : before;
    if (counts != null) {
      statement.setContext(counts);
    }
  }

  /** The different valid contexts in the comments of a text. */
  static List<TraceParent> commented(String text) {
    List<TraceParent> found = new ArrayList<>();
    if (mayHaveOne(text)) {
      for (SqlComments.Comment comment : SqlComments.of(text)) {
        TraceParent parent = CommentContext.of(comment.content()).parent();
        if (parent != null && !found.contains(parent)) {
          found.add(parent);
        }
      }
    }
    return found;
  }

  private static boolean mayHaveOne(String text) {
    return text.contains("/*") && (text.contains("traceparent") || text.contains("span"));
  }
}
