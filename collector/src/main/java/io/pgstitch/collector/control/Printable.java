package io.pgstitch.collector.control;

import java.util.Locale;

/**
 * Text that others chose, e.g. names from SQL, made fit for a terminal and for a line of a log:
 * control and format characters, line ends among them, become {@code \\u} and four hex digits.
 */
public final class Printable {
  private Printable() {}

  /** The text with all that a terminal would not simply show written as its number. */
  public static String of(String text) {
    StringBuilder printable = new StringBuilder(text.length());
    text.codePoints().forEach(c -> append(printable, c));
    return printable.toString();
  }

  private static void append(StringBuilder to, int c) {
    switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          to.append(String.format(Locale.ROOT, c > 0xFFFF ? "\\U%08x" : "\\u%04x", c));
      default -> to.appendCodePoint(c);
    }
  }
}
