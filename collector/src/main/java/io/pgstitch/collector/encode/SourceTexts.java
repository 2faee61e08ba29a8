package io.pgstitch.collector.encode;

import io.pgstitch.collector.mask.LiteralMask;
import io.pgstitch.collector.postgres.ServerEncoding;
import java.util.Optional;

/**
 * Source texts of one backend on their way from the server's encoding to UTF-8, and without
 * literals where these may not leave the host.
 */
final class SourceTexts {
  private final ServerEncoding encoding;
  private final Optional<LiteralMask> mask;
  private SourceText message;

  SourceTexts(ServerEncoding encoding, Optional<LiteralMask> mask) {
    this.encoding = encoding;
    this.mask = mask;
    this.message = SourceText.whole(encoding, new byte[0]);
  }

  /**
   * The text of a message; texts that are said to be the same are this one.
   *
   * @param torn whether a piece of it is missing
   */
  SourceText message(byte[] text, boolean torn) {
    if (text.length == 0) {
      return SourceText.whole(encoding, text);
    }
    message = of(text, torn);
    return message;
  }

  /** A statement's source text; the message's when it is empty. */
  SourceText ofStatement(byte[] text, boolean torn) {
    return text.length == 0 ? message : of(text, torn);
  }

  private SourceText of(byte[] text, boolean torn) {
    return mask.isPresent()
        ? SourceText.masked(encoding, text, torn, mask.get())
        : SourceText.whole(encoding, text);
  }

  /** A name, or another text that holds no SQL. */
  byte[] utf8(byte[] text) {
    return encoding.toUtf8(text);
  }
}
