package io.pgstitch.collector.mask;

import java.nio.charset.StandardCharsets;

/**
 * Replaces the literals and comments of a SQL text, found as PostgreSQL's own scanner finds them
 * ({@code src/backend/parser/scan.l} of 13 to 18): strings of all forms with their continuations on
 * later lines, dollar quotes, bit strings and numbers become {@code ?}, what a comment says is left
 * out but for a trace context. Names, also quoted ones, keywords and {@code $1} stay.
 *
 * <p>All marks are ASCII, and no server encoding uses ASCII bytes for anything else, so bytes are
 * looked at, in time linear in their number. Where versions or settings read a text differently,
 * more is replaced rather than less: a literal without an end, and one whose end depends on {@code
 * standard_conforming_strings}, go to the end of the text.
 */
final class SqlScanner {
  private static final byte[] MASK = {'?'};
  private static final byte[] LINE = "--?".getBytes(StandardCharsets.US_ASCII);

  /** How a string ends and goes on. */
  private enum Form {
    /** Quotes are doubled; backslashes protect them unless standard_conforming_strings is on. */
    PLAIN,
    /** E'': backslashes protect quotes. */
    ESCAPES,
    /** U&'': quotes are doubled, and nothing protects them. */
    UNICODE,
    /** B'', X'': the first quote is the end. */
    BITS
  }

  private final byte[] text;
  private final MaskedSql masked;

  private SqlScanner(byte[] text) {
    this.text = text;
    this.masked = MaskedSql.of(text);
  }

  static MaskedSql mask(byte[] text) {
    SqlScanner scanner = new SqlScanner(text);
    int at = 0;
    while (at < text.length) {
      at = scanner.token(at);
    }
    return scanner.masked.finish();
  }

  /** Takes what begins at a place and returns the place behind it. */
  private int token(int at) {
    int c = text[at];
    int next = at(at + 1);
    if (c == '\'') {
      return string(at, at, Form.PLAIN);
    } else if (c == '"') {
      return name(at, at);
    } else if (isNameStart(c)) {
      return word(at, c, next);
    } else if (isDigit(c) || (c == '.' && isDigit(next))) {
      return number(at);
    } else if (c == '.' && next == '.') {
      return at + 2;
    } else if (c == '$') {
      return dollar(at, next);
    } else if (c == '-' && next == '-') {
      int end = lineEnd(at);
      masked.replace(at, end, LINE);
      return end;
    } else if (c == '/' && next == '*') {
      return comment(at);
    }
    return at + 1;
  }

  private int word(int at, int c, int next) {
    int letter = c | 0x20;
    if (next == '\'' && letter == 'e') {
      return string(at, at + 1, Form.ESCAPES);
    } else if (next == '\'' && (letter == 'b' || letter == 'x')) {
      return string(at, at + 1, Form.BITS);
    } else if (letter == 'u' && next == '&' && at(at + 2) == '\'') {
      return string(at, at + 2, Form.UNICODE);
    } else if (letter == 'u' && next == '&' && at(at + 2) == '"') {
      return name(at, at + 2);
    }
    return nameEnd(at);
  }

  /** A string with all of its continuations. */
  private int string(int start, int quote, Form form) {
    int at = quote + 1;
    int backslashes = 0;
    while (at < text.length) {
      int c = text[at++];
      if (c == '\\') {
        backslashes++;
        continue;
      }
      boolean isProtected = (backslashes & 1) != 0;
      backslashes = 0;
      if (c != '\'' || (isProtected && form == Form.ESCAPES)) {
        continue;
      }
      if (isProtected && form == Form.PLAIN) {
        break;
      }
      if (at(at) == '\'' && form != Form.BITS) {
        at++;
        continue;
      }
      int further = continuation(at);
      if (further < 0) {
        masked.replace(start, at, MASK);
        return at;
      }
      at = further + 1;
    }
    masked.replace(start, text.length, MASK);
    return text.length;
  }

  /** The quote with which a string goes on: white space with a new line lies before; or -1. */
  private int continuation(int from) {
    boolean newLine = false;
    int at = from;
    while (at < text.length) {
      int c = text[at];
      if (c == '\n' || c == '\r') {
        newLine = true;
        at++;
      } else if (c == ' ' || c == '\t' || c == '\f' || c == 0x0b) {
        at++;
      } else if (c == '-' && at(at + 1) == '-') {
        at = lineEnd(at);
      } else {
        return newLine && c == '\'' ? at : -1;
      }
    }
    return -1;
  }

  /** A quoted name stays, unless it has no end. */
  private int name(int start, int quote) {
    int at = quote + 1;
    while (at < text.length) {
      if (text[at++] == '"') {
        if (at(at) != '"') {
          return at;
        }
        at++;
      }
    }
    masked.replace(start, text.length, MASK);
    return text.length;
  }

  /**
   * A number with what touches it: up to 14 that is a name of its own, from 15 on an error, and in
   * neither case needed.
   */
  private int number(int start) {
    boolean decimal = !(text[start] == '0' && isLetter(at(start + 1)) && !isExponent(start + 1));
    int at = digits(start);
    if (at(at) == '.' && at(at + 1) != '.' && decimal) {
      at = digits(at + 1);
    }
    int sign = at(at + 1);
    if (decimal && isExponent(at) && (sign == '+' || sign == '-') && isDigit(at(at + 2))) {
      at = digits(at + 2);
    }
    if (isNameStart(at(at))) {
      at = nameEnd(at);
    }
    masked.replace(start, at, MASK);
    return at;
  }

  private boolean isExponent(int at) {
    return (at(at) | 0x20) == 'e';
  }

  private int digits(int from) {
    int at = from;
    while (isDigit(at(at)) || (at(at) == '_' && isDigit(at(at + 1)))) {
      at++;
    }
    return at;
  }

  /** A parameter, a dollar-quoted string, or a sign that is part of neither. */
  private int dollar(int start, int next) {
    int at = start + 1;
    if (isDigit(next)) {
      while (isDigit(at(at))) {
        at++;
      }
      return at;
    }
    if (isNameStart(next)) {
      while (isNameStart(at(at)) || isDigit(at(at))) {
        at++;
      }
    }
    if (at(at) != '$') {
      return start + 1;
    }
    int end = endOfDollarQuoted(start, at + 1);
    masked.replace(start, end, MASK);
    return end;
  }

  /** Behind the next mark like that between two places, which has dollars at its ends alone. */
  private int endOfDollarQuoted(int mark, int body) {
    int length = body - mark;
    int at = body;
    while (at <= text.length - length) {
      int same = 0;
      while (same < length && text[at + same] == text[mark + same]) {
        same++;
      }
      if (same == length) {
        return at + length;
      }
      at += Math.max(1, same);
    }
    return text.length;
  }

  private int lineEnd(int from) {
    int at = from;
    while (at < text.length && text[at] != '\n' && text[at] != '\r') {
      at++;
    }
    return at;
  }

  /** Comments may hold comments. */
  private int comment(int start) {
    int depth = 1;
    int at = start + 2;
    while (at < text.length && depth > 0) {
      if (text[at] == '/' && at(at + 1) == '*') {
        depth++;
        at += 2;
      } else if (text[at] == '*' && at(at + 1) == '/') {
        depth--;
        at += 2;
      } else {
        at++;
      }
    }
    masked.replace(start, at, MaskedComment.of(text, start, at, depth == 0));
    return at;
  }

  private int nameEnd(int from) {
    int at = from;
    while (isNameStart(at(at)) || isDigit(at(at)) || at(at) == '$') {
      at++;
    }
    return at;
  }

  private int at(int place) {
    return place < text.length ? text[place] : 0;
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isLetter(int c) {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z' && c > 0;
  }

  /** Bytes above ASCII are letters to the server. */
  private static boolean isNameStart(int c) {
    return c < 0 || c == '_' || isLetter(c);
  }
}
