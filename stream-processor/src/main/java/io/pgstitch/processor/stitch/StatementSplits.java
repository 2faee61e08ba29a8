package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenFrame;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Phase;
import io.pgstitch.schema.CloseReason;
import java.util.List;

/** Divides the running statement when it turns out to be two, and says when it can be. */
final class StatementSplits {
  private final Session session;
  private final StatementLifecycle lifecycle;
  private final TailMove tailMove;

  StatementSplits(Session session, StatementLifecycle lifecycle, TailMove tailMove) {
    this.session = session;
    this.lifecycle = lifecycle;
    this.tailMove = tailMove;
  }

  /**
   * Whether the command ended in the message that defined it, so that another may follow in it. Of
   * one whose begin was not seen it is not known, so another may follow, too.
   */
  static boolean endedInMessage(OpenStatement statement) {
    return statement.getCommandEnded()
        && (statement.getDefinedInMessage()
            || statement.getBegunBefore()
            || statement.getUnseenBefore())
        && statement.getSqlstate() == null;
  }

  /**
   * Another statement of the same simple Query message begins where the last command ended.
   *
   * @return the other, which runs now
   */
  OpenStatement afterCommand() {
    markUnlessMarked();
    encloserMayBeUnseen();
    tailMove.split(CloseReason.COMPLETED, Phase.PARSE);
    return session.statement();
  }

  /**
   * The running message is not the statement's next one but begins another with the same text.
   *
   * @return the other, which runs now
   */
  OpenStatement atMessage() {
    markUnlessMarked();
    OpenStatement statement = session.statement();
    CloseReason reason =
        !statement.getHasPortal()
            ? CloseReason.PARSE_ONLY
            : statement.getPortalDropped() ? CloseReason.COMPLETED : null;
    int messages = statement.getMessages();
    tailMove.split(reason, Phase.UNDETERMINED);
    session.statement().setMessages(messages);
    return session.statement();
  }

  /**
   * What handles the whole message returns behind its last statement alone: that its entry was not
   * seen, those before cannot know by then.
   */
  private void encloserMayBeUnseen() {
    OpenStatement statement = session.statement();
    List<OpenFrame> frames = session.state.getFrames();
    boolean seen =
        !frames.isEmpty()
            && frames.get(0).getStart().getTimeNs() <= statement.getStart().getTimeNs();
    if (statement.getUnseenBefore() && !seen) {
      statement.setComplete(false);
    }
  }

  /** When a part was sent since the place, what came after it cannot be moved any more. */
  private void markUnlessMarked() {
    if (session.state.getMark() == null) {
      lifecycle.mark();
    }
  }
}
