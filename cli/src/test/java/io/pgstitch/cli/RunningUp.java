package io.pgstitch.cli;

import io.pgstitch.cli.Launcher.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A {@code pgstitch} command that runs until it is stopped, as an operator's script runs it. */
final class RunningUp implements AutoCloseable {
  private static final Duration READY_WITHIN = Duration.ofSeconds(90);
  private static final Duration ENDS_WITHIN = Duration.ofMinutes(5);

  private final Process process;
  private final Path out;
  private final Path err;

  private RunningUp(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /**
   * Starts {@code up --out DIR/out} and waits for its line that begins with "ready". All detail is
   * seen where nothing else is asked for.
   */
  static RunningUp start(Path directory, String... more) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("up", "--out", "out"));
    arguments.addAll(List.of(more));
    if (!arguments.contains("--detail")) {
      arguments.addAll(List.of("--detail", "phases"));
    }
    return command(directory, "up", arguments).awaitReady();
  }

  /** Starts any command; its output goes to files named after it. */
  static RunningUp command(Path directory, String name, List<String> arguments) throws IOException {
    return command(new Launcher(directory), directory, name, arguments);
  }

  /** The same by a launcher that was prepared. */
  static RunningUp command(Launcher launcher, Path directory, String name, List<String> arguments)
      throws IOException {
    Path out = directory.resolve(name + ".out");
    Path err = directory.resolve(name + ".err");
    Process process = launcher.start(out, err, arguments.toArray(String[]::new));
    return new RunningUp(process, out, err);
  }

  /** Waits for the line that says that every probe is attached. */
  RunningUp awaitReady() throws Exception {
    long deadline = System.nanoTime() + READY_WITHIN.toNanos();
    while (Files.readAllLines(out).stream().noneMatch(line -> line.startsWith("ready"))) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        process.destroyForcibly();
        throw new AssertionError("not ready; stderr:\n" + Files.readString(err));
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
    return this;
  }

  /** Waits until its standard error has this text. */
  RunningUp awaitError(String text) throws Exception {
    long deadline = System.nanoTime() + READY_WITHIN.toNanos();
    while (!Files.readString(err).contains(text)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("no '" + text + "' in stderr:\n" + Files.readString(err));
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
    return this;
  }

  /** Whether it has not ended. */
  boolean isAlive() {
    return process.isAlive();
  }

  /** Its pid. */
  long pid() {
    return process.pid();
  }

  /** Asks it to stop (SIGTERM) and returns what it said. */
  Outcome stop() throws Exception {
    process.destroy();
    if (!process.waitFor(ENDS_WITHIN.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("does not stop; stderr:\n" + Files.readString(err));
    }
    return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  /** Ends it with SIGKILL. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() throws InterruptedException {
    if (process.isAlive()) {
      kill();
    }
  }
}
