package io.pgstitch.collector.host;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** Texts of a file's bytes, each of which ends before a zero. */
final class Texts {
  private static final int LONGEST_CONSTANT = 256;

  private Texts() {}

  /** The text that begins there, or as much of it as is wanted. */
  static String at(byte[] bytes, int at, int most) {
    int end = at;
    while (end < bytes.length && end - at < most && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, at, end - at, StandardCharsets.US_ASCII);
  }

  /** The first text that begins so, wherever it stands; empty when there is none. */
  static Optional<String> find(byte[] bytes, String prefix) {
    byte[] wanted = prefix.getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i <= bytes.length - wanted.length; i++) {
      if (bytes[i] == wanted[0]
          && Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
        return Optional.of(at(bytes, i, LONGEST_CONSTANT));
      }
    }
    return Optional.empty();
  }
}
