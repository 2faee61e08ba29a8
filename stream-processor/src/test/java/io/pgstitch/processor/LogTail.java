package io.pgstitch.processor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The end of what a process has written, for the message of a test that fails. */
final class LogTail {
  private static final int CHARS = 4_000;

  private LogTail() {}

  static String of(Path log) {
    try {
      String text = Files.readString(log);
      return "\n%s: %s"
          .formatted(log.getFileName(), text.substring(Math.max(0, text.length() - CHARS)));
    } catch (IOException e) {
      return "\n" + e;
    }
  }
}
