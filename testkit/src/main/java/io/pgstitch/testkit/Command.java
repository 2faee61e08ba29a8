package io.pgstitch.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program that is run to its end. */
final class Command {
  private Command() {}

  /**
   * Runs a program and returns what it wrote to standard output.
   *
   * @throws CommandFailedException if it ends with another status than 0, does not end in time or
   *     cannot be started; holds both output streams
   */
  static String run(List<String> command, Map<String, String> environment, Duration limit) {
    Path out = null;
    Path err = null;
    try {
      out = Files.createTempFile("pgstitch-out", ".txt");
      err = Files.createTempFile("pgstitch-err", ".txt");
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(Path.of("/").toFile())
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectOutput(out.toFile())
              .redirectError(err.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      if (!waitFor(process, limit)) {
        process.destroyForcibly();
        throw new CommandFailedException(
            command, "did not end within " + limit, read(out), read(err));
      }
      if (process.exitValue() != 0) {
        throw new CommandFailedException(
            command, "exit status " + process.exitValue(), read(out), read(err));
      }
      return read(out);
    } catch (IOException e) {
      throw new CommandFailedException(command, e.toString(), "", "");
    } finally {
      delete(out);
      delete(err);
    }
  }

  /** Waits for a process; an interrupt ends the process and becomes an exception. */
  static boolean waitFor(Process process, Duration limit) {
    try {
      return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for process " + process.pid(), e);
    }
  }

  private static String read(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  private static void delete(Path file) {
    if (file == null) {
      return;
    }
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
