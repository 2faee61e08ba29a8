package io.pgstitch.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;

/**
 * What one measure works with: a directory, what it started, and the figures it found. Closing
 * stops and deletes all of it but the figures.
 */
final class Run implements AutoCloseable {
  private final Effort effort;
  private final Progress progress;
  private final Path directory;
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final List<Figure> figures = new ArrayList<>();

  Run(String measure, Effort effort, Progress progress) {
    this.effort = effort;
    this.progress = progress;
    try {
      this.directory = Files.createTempDirectory("pgstitch-bench-" + measure + "-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Effort effort() {
    return effort;
  }

  void say(String what) {
    progress.say(what);
  }

  /** A new directory of this name. */
  Path directory(String name) {
    try {
      return Files.createDirectories(directory.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Closes it with the run, after what was opened later. */
  <T extends AutoCloseable> T open(T part) {
    opened.push(part);
    return part;
  }

  /**
   * Adds a line to the table; it is told at once, for a run may be ended before the table comes.
   */
  void found(Figure figure) {
    figures.add(figure);
    progress.say("  " + FigureReport.line(figure));
  }

  List<Figure> figures() {
    return List.copyOf(figures);
  }

  @Override
  public void close() {
    RuntimeException first = null;
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception e) {
        first = first == null ? new IllegalStateException("cannot clean up", e) : first;
      }
    }
    delete();
    if (first != null) {
      throw first;
    }
  }

  private void delete() {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      progress.say("cannot delete " + directory + ": " + e);
    }
  }
}
