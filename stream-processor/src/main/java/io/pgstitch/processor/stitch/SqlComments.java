package io.pgstitch.processor.stitch;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds the block comments of a SQL text as PostgreSQL's scanner does ({@code scan.l}): not inside
 * literals, quoted identifiers, dollar quotes or comments to the end of a line. A comment may hold
 * others. Strings are read as with {@code standard_conforming_strings = on}.
 */
final class SqlComments {
  /**
   * A comment.
   *
   * @param start place of its slash
   * @param content what stands between its outermost marks
   */
  record Comment(int start, String content) {}

  private final String text;
  private final List<Comment> found = new ArrayList<>();

  private SqlComments(String text) {
    this.text = text;
  }

  /** All that are closed, in order. */
  static List<Comment> of(String text) {
    SqlComments comments = new SqlComments(text);
    int at = 0;
    while (at < text.length()) {
      at = comments.next(at);
    }
    return comments.found;
  }

  /** Takes what begins at a place and returns the place behind it. */
  private int next(int at) {
    char c = text.charAt(at);
    if (c == '\'') {
      return behindQuoted(at, '\'', isEscapeString(at));
    } else if (c == '"') {
      return behindQuoted(at, '"', false);
    } else if (c == '$') {
      return behindDollarQuoted(at);
    } else if (text.startsWith("--", at)) {
      return behindLine(at);
    } else if (text.startsWith("/*", at)) {
      return behindComment(at);
    }
    return at + 1;
  }

  /** Whether the quote follows an E that is a token of its own. */
  private boolean isEscapeString(int quote) {
    boolean prefixed =
        quote > 0 && (text.charAt(quote - 1) == 'E' || text.charAt(quote - 1) == 'e');
    return prefixed && (quote == 1 || !isNamePart(text.charAt(quote - 2)));
  }

  private int behindQuoted(int start, char quote, boolean backslashes) {
    int at = start + 1;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (backslashes && c == '\\') {
        at++;
      } else if (c == quote) {
        if (at + 1 < text.length() && text.charAt(at + 1) == quote) {
          at++;
        } else {
          return at + 1;
        }
      }
      at++;
    }
    return text.length();
  }

  /** {@code $1} is a parameter, {@code a$b$} a name. */
  private int behindDollarQuoted(int start) {
    if (start > 0 && isNamePart(text.charAt(start - 1))) {
      return start + 1;
    }
    int at = start + 1;
    while (at < text.length() && text.charAt(at) != '$') {
      char c = text.charAt(at);
      boolean digit = c >= '0' && c <= '9';
      if (!isNamePart(c) || (digit && at == start + 1)) {
        return start + 1;
      }
      at++;
    }
    if (at == text.length()) {
      return start + 1;
    }
    String mark = text.substring(start, at + 1);
    int end = text.indexOf(mark, at + 1);
    return end < 0 ? text.length() : end + mark.length();
  }

  private int behindLine(int start) {
    int at = start;
    while (at < text.length() && text.charAt(at) != '\n' && text.charAt(at) != '\r') {
      at++;
    }
    return at;
  }

  private int behindComment(int start) {
    int depth = 1;
    int at = start + 2;
    while (at < text.length()) {
      if (text.startsWith("/*", at)) {
        depth++;
        at += 2;
      } else if (text.startsWith("*/", at)) {
        depth--;
        at += 2;
        if (depth == 0) {
          found.add(new Comment(start, text.substring(start + 2, at - 2)));
          return at;
        }
      } else {
        at++;
      }
    }
    return text.length();
  }

  private static boolean isNamePart(char c) {
    return c == '_'
        || c == '$'
        || c >= 0x80
        || (c >= '0' && c <= '9')
        || (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z');
  }
}
