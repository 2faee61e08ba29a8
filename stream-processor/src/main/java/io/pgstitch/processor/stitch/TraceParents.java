package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.TraceParent;

/** Reads W3C Trace Context's {@code traceparent}. */
final class TraceParents {
  /** Characters of a version 00 traceparent: 2 + 1 + 32 + 1 + 16 + 1 + 2. */
  static final int LENGTH = 55;

  private static final int TRACE = 3;
  private static final int SPAN = 36;
  private static final int FLAGS = 53;
  private static final int LONGEST_STATE = 512;

  private TraceParents() {}

  /** No context. */
  static TraceParent none() {
    return of("", "", true);
  }

  static boolean isNone(TraceParent parent) {
    return parent.getTraceId().isEmpty();
  }

  static TraceParent of(String traceId, String spanId, boolean sampled) {
    TraceParent parent = new TraceParent();
    parent.setTraceId(traceId);
    parent.setSpanId(spanId);
    parent.setSampled(sampled);
    parent.setState("");
    return parent;
  }

  /**
   * Reads a whole value. Versions after 00 may have more behind another dash.
   *
   * @return null when it is not valid
   */
  static TraceParent parse(String value) {
    String text = value.strip();
    if (!hasShape(text, 0)) {
      return null;
    }
    String version = text.substring(0, 2);
    boolean more = text.length() > LENGTH;
    if (more && (version.equals("00") || text.charAt(LENGTH) != '-')) {
      return null;
    }
    String traceId = text.substring(TRACE, SPAN - 1);
    String spanId = text.substring(SPAN, FLAGS - 1);
    if (version.equals("ff") || !isId(traceId) || !isId(spanId)) {
      return null;
    }
    if (!isLowerHex(text, 0, 2) || !isLowerHex(text, FLAGS, LENGTH)) {
      return null;
    }
    return of(traceId, spanId, (Character.digit(text.charAt(FLAGS + 1), 16) & 1) == 1);
  }

  /**
   * Place of the first part of a longer text that looks like a traceparent, valid or not, and
   * stands apart from letters and digits around it.
   *
   * @return -1 when there is none
   */
  static int find(String text) {
    for (int i = 0; i + LENGTH <= text.length(); i++) {
      boolean apart = i == 0 || !Character.isLetterOrDigit(text.charAt(i - 1));
      if (apart && hasShape(text, i)) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Reads the traceparent that begins at a place that {@link #find} gave.
   *
   * @return null when it is not valid
   */
  static TraceParent parseAt(String text, int place) {
    int end = place + LENGTH;
    boolean joined =
        end < text.length()
            && (Character.isLetterOrDigit(text.charAt(end)) || text.charAt(end) == '-');
    if (joined) {
      while (end < text.length() && isPart(text.charAt(end))) {
        end++;
      }
    }
    return parse(text.substring(place, end));
  }

  /** Whether it is an id: lower-case hex digits that are not all zero. */
  static boolean isId(String id) {
    return isLowerHex(id, 0, id.length()) && !id.chars().allMatch(digit -> digit == '0');
  }

  /** The tracestate if it may be one, else empty: a damaged one is dropped and no more. */
  static String state(String value) {
    boolean printable = value.chars().allMatch(c -> c >= 0x20 && c <= 0x7e);
    return printable && value.length() <= LONGEST_STATE ? value.strip() : "";
  }

  private static boolean isPart(char c) {
    return Character.isLetterOrDigit(c) || c == '-';
  }

  private static boolean hasShape(String text, int at) {
    if (text.length() < at + LENGTH) {
      return false;
    }
    for (int i = 0; i < LENGTH; i++) {
      char c = text.charAt(at + i);
      boolean dash = i == TRACE - 1 || i == SPAN - 1 || i == FLAGS - 1;
      if (dash ? c != '-' : Character.digit(c, 16) < 0 || c > 'f') {
        return false;
      }
    }
    return true;
  }

  private static boolean isLowerHex(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
        return false;
      }
    }
    return true;
  }
}
