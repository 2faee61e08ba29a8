package io.pgstitch.collector.mask;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What stays of a block comment: the {@code traceparent} of the application (W3C Trace Context), as
 * sqlcommenter or PG Ferret write it. Its numbers name a trace and are no data of the statement.
 */
final class MaskedComment {
  private static final byte[] MASKED = "/*?*/".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] OPEN = "/*?".getBytes(StandardCharsets.US_ASCII);

  /** Not the context of anybody, so that who counts malformed ones does it for a masked one too. */
  private static final byte[] MALFORMED = "/*traceparent='?'*/".getBytes(StandardCharsets.US_ASCII);

  private static final byte[] KEY = "traceparent".getBytes(StandardCharsets.US_ASCII);
  private static final Pattern CONTEXT =
      Pattern.compile(
          "traceparent(?:['\"]\\s*:\\s*\"|\\s*=\\s*'|\\s*=\\s*%27)"
              + "([0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})['\"%]");

  /** The longest piece that can be a key with its value. */
  private static final int LONGEST = 128;

  private MaskedComment() {}

  /**
   * The comment that stands instead of one.
   *
   * @param closed whether the text holds its end
   */
  static byte[] of(byte[] text, int start, int end, boolean closed) {
    if (!closed) {
      return OPEN;
    }
    boolean named = false;
    for (int at = start + 2; at <= end - 2 - KEY.length; at++) {
      if (isKey(text, at)) {
        named = true;
        int length = Math.min(end - at, LONGEST);
        String piece = new String(text, at, length, StandardCharsets.ISO_8859_1);
        Matcher context = CONTEXT.matcher(piece);
        if (context.lookingAt()) {
          return ("/*traceparent='" + context.group(1) + "'*/").getBytes(StandardCharsets.US_ASCII);
        }
        at += KEY.length - 1;
      }
    }
    return named ? MALFORMED : MASKED;
  }

  private static boolean isKey(byte[] text, int at) {
    for (int i = 0; i < KEY.length; i++) {
      if (text[at + i] != KEY[i]) {
        return false;
      }
    }
    return true;
  }
}
