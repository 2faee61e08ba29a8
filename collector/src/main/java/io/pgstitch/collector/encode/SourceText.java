package io.pgstitch.collector.encode;

import io.pgstitch.collector.mask.LiteralMask;
import io.pgstitch.collector.mask.MaskedSql;
import io.pgstitch.collector.postgres.ServerEncoding;

/**
 * A text as it is sent, in UTF-8, and where the places that PostgreSQL counts in the original's
 * bytes lie in it.
 */
final class SourceText {
  private final ServerEncoding encoding;
  private final byte[] server;
  private final MaskedSql masked;
  private final byte[] utf8;
  private final long identity;

  private SourceText(ServerEncoding encoding, byte[] server, MaskedSql masked, long identity) {
    this.encoding = encoding;
    this.server = server;
    this.masked = masked;
    this.utf8 = encoding.toUtf8(server);
    this.identity = identity;
  }

  /** As the server has it. */
  static SourceText whole(ServerEncoding encoding, byte[] text) {
    return new SourceText(encoding, text, null, 0);
  }

  /**
   * Without its literals.
   *
   * @param torn whether a piece of it is missing
   */
  static SourceText masked(ServerEncoding encoding, byte[] text, boolean torn, LiteralMask mask) {
    MaskedSql masked = mask.sql(text, torn);
    long identity = masked.replaced() == 0 ? 0 : mask.identity(text);
    return new SourceText(encoding, masked.bytes(), masked, identity);
  }

  byte[] utf8() {
    return utf8;
  }

  /** Tells masked texts apart that look the same; 0 of one in which nothing was replaced. */
  long identity() {
    return identity;
  }

  /** A place in UTF-8. */
  int location(int location) {
    return encoding.offsetInUtf8(server, masked == null ? location : masked.offset(location));
  }

  /** A length from a place on in UTF-8; 0, to the end, stays 0. */
  int length(int location, int length) {
    if (length <= 0) {
      return length;
    }
    int from = Math.max(0, location);
    return location(from + length) - location(from);
  }
}
