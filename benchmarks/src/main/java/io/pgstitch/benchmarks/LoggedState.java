package io.pgstitch.benchmarks;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.Stream;

/**
 * The server writes each statement to its log.
 *
 * @param name as in the figures
 * @param database whose log it is
 * @param loads under it
 * @param options that make sessions be logged
 * @param mark what a line has that stands for a statement
 */
record LoggedState(String name, Database database, List<Load> loads, String options, String mark)
    implements ServerState {
  static LoggedState autoExplain(Database database, List<Load> loads) {
    return new LoggedState(
        "auto_explain",
        database,
        loads,
        "-c auto_explain.log_min_duration=0 -c auto_explain.log_analyze=on"
            + " -c auto_explain.log_buffers=on",
        " plan:");
  }

  static LoggedState logDuration(Database database, List<Load> loads) {
    return new LoggedState(
        "log_min_duration", database, loads, "-c log_min_duration_statement=0", "duration:");
  }

  @Override
  public String optionsOfOne() {
    return options;
  }

  @Override
  public String optionsOfOthers() {
    return options;
  }

  @Override
  public AutoCloseable begin() throws IOException {
    empty();
    return this::empty;
  }

  @Override
  public void verify(Load load, long transactions) throws IOException {
    try (Stream<String> lines = Files.lines(database.server().logFile())) {
      long logged = lines.filter(line -> line.contains(mark)).count();
      if (logged < transactions) {
        throw new IllegalStateException(
            name + " logged " + logged + " statements of " + transactions + " transactions");
      }
    }
    empty();
  }

  /** The server appends, so that it goes on at the beginning. */
  private void empty() throws IOException {
    try (RandomAccessFile log = new RandomAccessFile(database.server().logFile().toFile(), "rw")) {
      log.setLength(0);
    }
  }
}
