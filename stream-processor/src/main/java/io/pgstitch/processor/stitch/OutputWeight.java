package io.pgstitch.processor.stitch;

import io.pgstitch.schema.Bind;
import io.pgstitch.schema.Binds;
import io.pgstitch.schema.ErrorLine;
import io.pgstitch.schema.LockHolderLink;
import io.pgstitch.schema.Note;
import io.pgstitch.schema.ParsingInCursor;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.Stat;
import java.util.List;

/**
 * How much the texts and values of spans and records weigh, in characters. What has none weighs
 * nothing: of these a count is limit enough.
 */
final class OutputWeight {
  /** Ids and words of a lock's holder, in spans. */
  private static final long OF_HOLDER = 200;

  private OutputWeight() {}

  static long of(Span span) {
    return length(span.getText())
        + length(span.getErrorMessage())
        + of(span.getBinds())
        + ofHolders(span.getLockHolders());
  }

  private static long ofHolders(List<LockHolderLink> holders) {
    return holders == null ? 0 : holders.size() * OF_HOLDER;
  }

  /** Of 10046 records whose texts are all there. */
  static long ofSent(List<Object> records) {
    long chars = 0;
    for (Object record : records) {
      chars +=
          record instanceof ParsingInCursor introduced ? length(introduced.getText()) : of(record);
    }
    return chars;
  }

  /** Of a 10046 record; its texts must not change while it is pending, save a first, empty one. */
  static long of(Object record) {
    if (record instanceof ParsingInCursor introduced) {
      return introduced.getDep() == 0 ? 0 : length(introduced.getText());
    } else if (record instanceof Binds line) {
      return of(line.getBinds());
    } else if (record instanceof ErrorLine line) {
      return length(line.getMessage()) + length(line.getDetail()) + length(line.getHint());
    } else if (record instanceof Note line) {
      return length(line.getText());
    } else if (record instanceof Stat line) {
      return length(line.getOperation());
    }
    return 0;
  }

  private static long of(List<Bind> binds) {
    long chars = 0;
    if (binds != null) {
      for (Bind bind : binds) {
        chars += length(bind.getValue());
      }
    }
    return chars;
  }

  private static int length(String text) {
    return text == null ? 0 : text.length();
  }
}
