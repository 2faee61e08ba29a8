package io.pgstitch.testkit.trace;

/** A trace file read from front to back, by lines and by bytes; one char is one byte. */
final class TraceText {
  private final String text;
  private int position;
  private int line = 1;

  TraceText(String text) {
    this.text = text;
  }

  boolean atEnd() {
    return position >= text.length();
  }

  /** Number of the line that comes next, from 1. */
  int lineNumber() {
    return line;
  }

  String peekLine() {
    return text.substring(position, endOfLine());
  }

  String nextLine() {
    String result = peekLine();
    position = Math.min(text.length(), endOfLine() + 1);
    line++;
    return result;
  }

  /**
   * Takes a text of {@code length} bytes that the line {@code terminator} follows. Where that line
   * is not there, takes what stands before the next such line, or nothing if there is none.
   */
  String nextText(long length, String terminator) {
    String end = "\n" + terminator + "\n";
    int from = position;
    int to = (int) Math.min(text.length(), from + length);
    if (!text.startsWith(end, to)) {
      to = Math.max(from, text.indexOf(end, from));
    }
    String result = text.substring(from, to);
    line += (int) result.chars().filter(c -> c == '\n').count() + 1;
    position = Math.min(text.length(), to + 1);
    return result;
  }

  private int endOfLine() {
    int end = text.indexOf('\n', position);
    return end < 0 ? text.length() : end;
  }
}
