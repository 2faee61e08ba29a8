package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.CursorText;
import java.util.List;

/**
 * What query descriptors stand for after their statement was closed: an SQL cursor is fetched by
 * later statements, which say no more than the descriptor.
 */
final class CursorTexts {
  private final List<CursorText> known;
  private final StitchLimits limits;

  CursorTexts(Session session) {
    this.known = session.state.getCursorTexts();
    this.limits = session.limits;
  }

  /** Keeps one; above the limit the oldest goes. */
  void remember(CursorText identity) {
    forget(identity.getObject());
    known.add(identity);
    while (known.size() > limits.cursorTexts() || (known.size() > 1 && isOver())) {
      known.remove(0);
    }
  }

  private boolean isOver() {
    long chars = 0;
    for (CursorText text : known) {
      chars += text.getText().length();
    }
    return chars > limits.heldChars();
  }

  void forget(long object) {
    known.removeIf(other -> other.getObject() == object);
  }

  /** The one of this descriptor, or null. */
  CursorText of(long object) {
    for (CursorText text : known) {
      if (text.getObject() == object) {
        return text;
      }
    }
    return null;
  }
}
