package io.pgstitch.processor.stitch;

import java.nio.charset.StandardCharsets;

/** Cuts one statement out of a source text by PostgreSQL's byte offsets. */
final class SourceSlice {
  private SourceSlice() {}

  /**
   * The statement's text without the white space around it, or the whole text when its place is not
   * known.
   *
   * @param location byte offset in the text's UTF-8 form, -1 unknown
   * @param length bytes, 0 to the end
   */
  static String of(String text, int location, int length) {
    boolean known = location > 0 || (location == 0 && length > 0);
    if (!known) {
      return text;
    }
    int from = charIndex(text, 0, location);
    int to = length > 0 ? charIndex(text, from, length) : text.length();
    String slice = text.substring(from, to).strip();
    return slice.isEmpty() ? text : slice;
  }

  /** Whether a statement ends, as far as its place is known, within a text that was cut. */
  static boolean isWhole(String text, int location, int length) {
    return location >= 0
        && length > 0
        && (long) location + length <= text.getBytes(StandardCharsets.UTF_8).length;
  }

  /** Index of the character behind a statement of known place. */
  static int end(String text, int location, int length) {
    return charIndex(text, charIndex(text, 0, location), length);
  }

  /** Index of the character that lies so many UTF-8 bytes after another; the end if beyond it. */
  private static int charIndex(String text, int from, int bytes) {
    int index = from;
    int left = bytes;
    while (left > 0 && index < text.length()) {
      int point = text.codePointAt(index);
      left -= point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
      index += Character.charCount(point);
    }
    return index;
  }
}
