package io.pgstitch.collector.encode;

import io.pgstitch.collector.postgres.ServerEncoding;

/**
 * Source texts of one backend on their way from the server's encoding to UTF-8, and the places of
 * statements in them, which PostgreSQL counts in bytes of the former.
 */
final class SourceTexts {
  private final ServerEncoding encoding;
  private byte[] message = new byte[0];

  SourceTexts(ServerEncoding encoding) {
    this.encoding = encoding;
  }

  /** The text of a message; texts that are said to be the same are this one. */
  byte[] message(byte[] text) {
    if (text.length > 0) {
      message = text;
    }
    return encoding.toUtf8(text);
  }

  byte[] utf8(byte[] text) {
    return encoding.toUtf8(text);
  }

  /**
   * A statement's place in UTF-8.
   *
   * @param text its source text as the server has it, empty when it is the message's
   */
  int location(byte[] text, int location) {
    return encoding.offsetInUtf8(source(text), location);
  }

  /** A statement's length in UTF-8; 0, to the end, stays 0. */
  int length(byte[] text, int location, int length) {
    if (length <= 0) {
      return length;
    }
    byte[] source = source(text);
    int from = Math.max(0, location);
    return encoding.offsetInUtf8(source, from + length) - encoding.offsetInUtf8(source, from);
  }

  private byte[] source(byte[] text) {
    return text.length == 0 ? message : text;
  }
}
