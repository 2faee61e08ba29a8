package io.pgstitch.collector.postgres;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The encoding in which a database keeps texts, those of its statements included. What it cannot
 * read is written as {@code \xE9} for each byte, so that nothing is lost and nothing made up.
 *
 * <p>Numbers are those of enum pg_enc, mb/pg_wchar.h; they never change. Java has no EUC_JIS_2004,
 * MULE_INTERNAL, LATIN6, LATIN8 and LATIN10: of those, and of SQL_ASCII, only ASCII is read.
 */
public final class ServerEncoding {
  /** Bytes are UTF-8 already. */
  public static final ServerEncoding UTF8 = new ServerEncoding(StandardCharsets.UTF_8);

  /** Nothing but ASCII is certain; what is valid UTF-8 is taken for that. */
  public static final ServerEncoding UNKNOWN = new ServerEncoding(null);

  private static final String[] CHARSETS = {
    null, // SQL_ASCII
    "EUC-JP",
    "GB2312",
    "EUC-KR",
    "x-EUC-TW",
    null, // EUC_JIS_2004
    "UTF-8",
    null, // MULE_INTERNAL
    "ISO-8859-1",
    "ISO-8859-2",
    "ISO-8859-3",
    "ISO-8859-4",
    "ISO-8859-9", // LATIN5
    null, // LATIN6
    "ISO-8859-13", // LATIN7
    null, // LATIN8
    "ISO-8859-15", // LATIN9
    null, // LATIN10
    "windows-1256",
    "windows-1258",
    "IBM866",
    "x-windows-874",
    "KOI8-R",
    "windows-1251",
    "windows-1252",
    "ISO-8859-5",
    "ISO-8859-6",
    "ISO-8859-7",
    "ISO-8859-8",
    "windows-1250",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1257",
    "KOI8-U",
  };

  private final Charset charset;

  private ServerEncoding(Charset charset) {
    this.charset = charset;
  }

  /**
   * The encoding with a number.
   *
   * @param number of enum pg_enc, as pg_database.encoding holds it
   */
  public static ServerEncoding of(int number) {
    String name = number >= 0 && number < CHARSETS.length ? CHARSETS[number] : null;
    if ("UTF-8".equals(name)) {
      return UTF8;
    }
    return name != null && Charset.isSupported(name)
        ? new ServerEncoding(Charset.forName(name))
        : UNKNOWN;
  }

  /** What Java reads it with; empty where that is not known. */
  public Optional<Charset> charset() {
    return Optional.ofNullable(charset);
  }

  /** The text in UTF-8; the same array when nothing had to be changed. */
  public byte[] toUtf8(byte[] text) {
    return this == UTF8 || isAscii(text)
        ? text
        : decode(text, text.length).getBytes(StandardCharsets.UTF_8);
  }

  /** Where a place of the text lies in what {@link #toUtf8} makes of it. */
  public int offsetInUtf8(byte[] text, int offset) {
    if (offset <= 0 || this == UTF8 || isAscii(text)) {
      return offset;
    }
    return decode(text, Math.min(offset, text.length)).getBytes(StandardCharsets.UTF_8).length;
  }

  private static boolean isAscii(byte[] text) {
    for (byte b : text) {
      if (b < 0) {
        return false;
      }
    }
    return true;
  }

  private String decode(byte[] text, int length) {
    ByteBuffer bytes = ByteBuffer.wrap(text, 0, length);
    return strictly(bytes, charset == null ? StandardCharsets.UTF_8 : charset)
        .orElseGet(() -> escaped(text, length));
  }

  private static Optional<String> strictly(ByteBuffer bytes, Charset charset) {
    try {
      CharBuffer chars =
          charset
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .decode(bytes);
      return Optional.of(chars.toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  private static String escaped(byte[] text, int length) {
    StringBuilder escaped = new StringBuilder(length + 16);
    for (int i = 0; i < length; i++) {
      if (text[i] < 0) {
        escaped.append(String.format("\\x%02X", text[i] & 0xff));
      } else {
        escaped.append((char) text[i]);
      }
    }
    return escaped.toString();
  }
}
