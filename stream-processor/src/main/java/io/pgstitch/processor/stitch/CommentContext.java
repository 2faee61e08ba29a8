package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.TraceParent;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The trace context that a comment carries: {@code key='value'} pairs as sqlcommenter writes them,
 * or PG Ferret's {@code span={"traceparent":"..."}}.
 *
 * @param names whether the comment means to carry one
 * @param parent null when it is not valid, or none is meant
 */
record CommentContext(boolean names, TraceParent parent) {
  private static final CommentContext NONE = new CommentContext(false, null);
  private static final int LONGEST_CARRIER = 4096;
  private static final Pattern CARRIER =
      Pattern.compile("\\s*span\\s*=\\s*\\{(.*)}\\s*", Pattern.DOTALL);
  private static final Pattern TRACE_ID =
      Pattern.compile("trace_?id\\W{1,8}([0-9a-fA-F]{32})\\b", Pattern.CASE_INSENSITIVE);
  private static final Pattern SPAN_ID =
      Pattern.compile("span_?id\\W{1,8}([0-9a-fA-F]{16})\\b", Pattern.CASE_INSENSITIVE);
  private static final Pattern STATE = Pattern.compile("\"tracestate\"\\s*:\\s*\"([^\"\\\\]*)\"");

  /** Reads the inside of a comment. */
  static CommentContext of(String content) {
    if (content.contains("span") && content.length() <= LONGEST_CARRIER) {
      Matcher carrier = CARRIER.matcher(content);
      if (carrier.matches()) {
        return new CommentContext(true, ofCarrier(carrier.group(1)));
      }
    }
    if (!content.contains("traceparent")) {
      return NONE;
    }
    Map<String, String> pairs = pairs(content);
    String value = pairs.get("traceparent");
    if (value == null) {
      return NONE;
    }
    TraceParent parent = TraceParents.parse(value);
    if (parent != null) {
      parent.setState(TraceParents.state(pairs.getOrDefault("tracestate", "")));
    }
    return new CommentContext(true, parent);
  }

  private static TraceParent ofCarrier(String carrier) {
    int place = TraceParents.find(carrier);
    TraceParent parent = null;
    if (place >= 0) {
      parent = TraceParents.parseAt(carrier, place);
    } else {
      Matcher trace = TRACE_ID.matcher(carrier);
      Matcher span = SPAN_ID.matcher(carrier);
      if (trace.find()
          && span.find()
          && TraceParents.isId(trace.group(1))
          && TraceParents.isId(span.group(1))) {
        parent = TraceParents.of(trace.group(1), span.group(1), true);
      }
    }
    Matcher state = STATE.matcher(carrier);
    if (parent != null && state.find()) {
      parent.setState(TraceParents.state(state.group(1)));
    }
    return parent;
  }

  /** The pairs, percent-decoded; of a key that stands twice the first counts. */
  private static Map<String, String> pairs(String content) {
    Map<String, String> pairs = new HashMap<>();
    int at = 0;
    while (true) {
      int equals = content.indexOf('=', at);
      if (equals < 0) {
        return pairs;
      }
      String key = lastWord(content, at, equals);
      int from = equals + 1;
      while (from < content.length() && Character.isWhitespace(content.charAt(from))) {
        from++;
      }
      StringBuilder value = new StringBuilder();
      at = readValue(content, from, value);
      pairs.putIfAbsent(decoded(key), unquoted(decoded(value.toString())));
    }
  }

  private static String lastWord(String content, int from, int to) {
    int end = to;
    while (end > from && Character.isWhitespace(content.charAt(end - 1))) {
      end--;
    }
    int start = end;
    while (start > from && !isBetween(content.charAt(start - 1))) {
      start--;
    }
    return content.substring(start, end);
  }

  private static boolean isBetween(char c) {
    return Character.isWhitespace(c) || c == ',' || c == ';' || c == '\'' || c == '*' || c == '/';
  }

  /** A quoted value, in which a backslash protects a quote, or a bare one. */
  private static int readValue(String content, int from, StringBuilder value) {
    boolean quoted = from < content.length() && content.charAt(from) == '\'';
    int at = quoted ? from + 1 : from;
    while (at < content.length()) {
      char c = content.charAt(at);
      if (quoted ? c == '\'' : isBetween(c)) {
        return at + 1;
      }
      boolean escaped = quoted && c == '\\' && at + 1 < content.length();
      value.append(escaped ? content.charAt(at + 1) : c);
      at += escaped ? 2 : 1;
    }
    return at;
  }

  /** Quotes around the value that were percent-encoded with it. */
  private static String unquoted(String value) {
    boolean quoted = value.length() >= 2 && value.startsWith("'") && value.endsWith("'");
    return quoted ? value.substring(1, value.length() - 1) : value;
  }

  private static String decoded(String text) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
    byte[] from = text.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < from.length; i++) {
      int high = i + 2 < from.length && from[i] == '%' ? Character.digit(from[i + 1], 16) : -1;
      int low = high >= 0 ? Character.digit(from[i + 2], 16) : -1;
      if (low >= 0) {
        bytes.write(high * 16 + low);
        i += 2;
      } else {
        bytes.write(from[i]);
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
