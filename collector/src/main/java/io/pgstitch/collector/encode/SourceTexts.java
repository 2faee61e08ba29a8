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
  private final SourceText none;
  private SourceText message;
  private byte[] messageOfServer = {};
  private boolean messageTorn;

  SourceTexts(ServerEncoding encoding, Optional<LiteralMask> mask) {
    this.encoding = encoding;
    this.mask = mask;
    this.none = SourceText.whole(encoding, messageOfServer);
    this.message = none;
  }

  /**
   * The text of a message; texts that are said to be the same are this one.
   *
   * @param torn whether a piece of it is missing
   */
  SourceText message(byte[] text, boolean torn) {
    if (text.length == 0) {
      return none;
    }
    message = of(text, torn);
    messageOfServer = text;
    messageTorn = torn;
    return message;
  }

  /** What {@link #message} was given last: where this array comes again nothing is done twice. */
  byte[] messageOfServer() {
    return messageOfServer;
  }

  /** A statement's source text; the message's when it is empty. */
  SourceText ofStatement(byte[] text, boolean torn) {
    return text.length == 0 ? message : of(text, torn);
  }

  private SourceText of(byte[] text, boolean torn) {
    if (text == messageOfServer && torn == messageTorn) {
      return message;
    }
    return mask.isPresent()
        ? SourceText.masked(encoding, text, torn, mask.get())
        : SourceText.whole(encoding, text);
  }

  /** A name, or another text that holds no SQL. */
  byte[] utf8(byte[] text) {
    return encoding.toUtf8(text);
  }
}
