package io.pgstitch.collector.bind;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;

/**
 * Character data. What is no text in the database's encoding is not printed: the bytes are damaged,
 * or the encoding is not known.
 */
final class TextFormats {
  private static final String NO_TEXT = "not text";

  private final Charset charset;

  /**
   * @param charset of the database
   */
  TextFormats(Charset charset) {
    this.charset = charset;
  }

  String text(ByteBuffer value) throws UndecodableException {
    try {
      return decoder().decode(value).toString();
    } catch (CharacterCodingException e) {
      throw new UndecodableException(NO_TEXT);
    }
  }

  /** The beginning of a text; what is left of a character at its end is dropped. */
  String prefix(ByteBuffer value) throws UndecodableException {
    CharBuffer out = CharBuffer.allocate(value.remaining());
    CoderResult result = decoder().decode(value, out, false);
    if (result.isError() || value.remaining() > 3) {
      throw new UndecodableException(NO_TEXT);
    }
    return out.flip().toString();
  }

  /** name: 64 bytes, ended by a zero. */
  String name(ByteBuffer value) throws UndecodableException {
    int end = value.position();
    while (end < value.limit() && value.get(end) != 0) {
      end++;
    }
    return text(value.limit(end));
  }

  /** "char": one byte; those above 127 are printed in several ways by the majors. */
  static String character(ByteBuffer value) throws UndecodableException {
    byte c = value.get();
    if (c < 0) {
      throw new UndecodableException(NO_TEXT);
    }
    return c == 0 ? "" : String.valueOf((char) c);
  }

  private CharsetDecoder decoder() {
    return charset
        .newDecoder()
        .onMalformedInput(CodingErrorAction.REPORT)
        .onUnmappableCharacter(CodingErrorAction.REPORT);
  }
}
