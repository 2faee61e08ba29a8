package io.pgstitch.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The trace files of a run. */
final class TraceDirectory {
  /** "=====" and PARSING IN CURSOR. */
  private static final int LINES_BEFORE_TEXT = 2;

  private final Path directory;

  TraceDirectory(Path directory) {
    this.directory = directory;
  }

  /**
   * The file written last of those that hold a statement.
   *
   * @throws CommandFailure when there is none
   */
  Path newestWith(String statement) throws IOException {
    Path newest = null;
    FileTime newestTime = FileTime.fromMillis(0);
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(name -> name.toString().endsWith(".trc")).toList()) {
        FileTime time = Files.getLastModifiedTime(file);
        if (time.compareTo(newestTime) > 0 && holds(file, statement)) {
          newest = file;
          newestTime = time;
        }
      }
    }
    if (newest == null) {
      throw CommandFailure.failed(
          "no trace file in " + directory + " holds '" + statement + "'",
          "This is an error of pgstitch; run `pgstitch doctor` and report what it says.");
    }
    return newest;
  }

  /**
   * A file's banner, "...", and what begins with the parsing of a statement.
   *
   * @param statement a line that the file holds
   * @param count how many lines from there on
   */
  static List<String> excerpt(Path file, String statement, int count) throws IOException {
    List<String> lines = Files.readAllLines(file);
    int start = Math.max(0, lines.indexOf(statement) - LINES_BEFORE_TEXT);
    List<String> excerpt = new ArrayList<>(lines.subList(0, Math.max(0, lines.indexOf(""))));
    excerpt.add("...");
    excerpt.addAll(lines.subList(start, Math.min(lines.size(), start + count)));
    return excerpt;
  }

  private static boolean holds(Path file, String line) throws IOException {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.anyMatch(line::equals);
    }
  }
}
