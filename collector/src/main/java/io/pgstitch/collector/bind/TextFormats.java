package io.pgstitch.collector.bind;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Character data. What is no UTF-8 is not printed: the server's encoding is another, or the bytes
 * are damaged.
 */
final class TextFormats {
  static final String NOT_UTF_8 = "not UTF-8";

  private TextFormats() {}

  static String utf8(ByteBuffer value) throws UndecodableException {
    try {
      return decoder().decode(value).toString();
    } catch (CharacterCodingException e) {
      throw new UndecodableException(NOT_UTF_8);
    }
  }

  /** The beginning of a text; what is left of a character at its end is dropped. */
  static String utf8Prefix(ByteBuffer value) throws UndecodableException {
    CharBuffer out = CharBuffer.allocate(value.remaining());
    CoderResult result = decoder().decode(value, out, false);
    if (result.isError() || value.remaining() > 3) {
      throw new UndecodableException(NOT_UTF_8);
    }
    return out.flip().toString();
  }

  /** name: 64 bytes, ended by a zero. */
  static String name(ByteBuffer value) throws UndecodableException {
    int end = value.position();
    while (end < value.limit() && value.get(end) != 0) {
      end++;
    }
    return utf8(value.limit(end));
  }

  /** "char": one byte; those above 127 are printed in several ways by the majors. */
  static String character(ByteBuffer value) throws UndecodableException {
    byte c = value.get();
    if (c < 0) {
      throw new UndecodableException(NOT_UTF_8);
    }
    return c == 0 ? "" : String.valueOf((char) c);
  }

  private static CharsetDecoder decoder() {
    return StandardCharsets.UTF_8
        .newDecoder()
        .onMalformedInput(CodingErrorAction.REPORT)
        .onUnmappableCharacter(CodingErrorAction.REPORT);
  }
}
