package io.pgstitch.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A process that is part of a measurement. It does not outlive this one. */
final class Child implements AutoCloseable {
  private static final Duration READY_WITHIN = Duration.ofSeconds(90);
  private static final Duration STOPS_WITHIN = Duration.ofMinutes(3);
  private static final long NANOS_OF_A_TICK = 10_000_000;

  private final String name;
  private final Process process;
  private final Path out;
  private final Path err;
  private final Thread endWithUs;

  private Child(String name, Process process, Path out, Path err) {
    this.name = name;
    this.process = process;
    this.out = out;
    this.err = err;
    this.endWithUs = new Thread(process::destroyForcibly, "end-" + name);
    Runtime.getRuntime().addShutdownHook(endWithUs);
  }

  /** Starts a program; what it says goes to files in the directory. */
  static Child start(String name, Path directory, List<String> command) {
    return start(name, directory, command, Map.of());
  }

  /** The same with more variables in its environment. */
  static Child start(
      String name, Path directory, List<String> command, Map<String, String> environment) {
    Path out = directory.resolve(name + ".out");
    Path err = directory.resolve(name + ".err");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectOutput(out.toFile())
              .redirectError(err.toFile());
      builder.environment().putAll(environment);
      return new Child(name, builder.start(), out, err);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run " + String.join(" ", command), e);
    }
  }

  /** Starts {@code pgstitch} as it is built. */
  static Child pgstitch(String name, Path directory, String... arguments) {
    return start(name, directory, command(arguments), Map.of("PGSTITCH_SKIP_BUILD", "1"));
  }

  /** Starts another main class of this class path. */
  static Child java(String name, Path directory, Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseG1GC", "-Xmx1g", "-cp", System.getProperty("java.class.path")));
    command.add(main.getName());
    command.addAll(List.of(arguments));
    return start(name, directory, command);
  }

  /** The command line of {@code pgstitch}. */
  static List<String> command(String... arguments) {
    String home = System.getProperty("pgstitch.home");
    if (home == null) {
      throw new IllegalStateException(
          "the launcher is not known; run this by ./pgstitch bench of a source tree");
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(home).toAbsolutePath().normalize().resolve("pgstitch").toString());
    command.addAll(List.of(arguments));
    return command;
  }

  /** Waits for a line of its output that begins so, and returns it. */
  String awaitLine(String beginning) throws InterruptedException {
    long deadline = System.nanoTime() + READY_WITHIN.toNanos();
    while (true) {
      for (String line : output().split("\n", -1)) {
        if (line.startsWith(beginning)) {
          return line;
        }
      }
      if (!process.isAlive() || System.nanoTime() > deadline) {
        throw new IllegalStateException(name + " is not ready: " + errors());
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  /** Waits for its end and returns its output. */
  String awaitEnd(Duration limit) throws InterruptedException {
    if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IllegalStateException(name + " still runs after " + limit + ": " + errors());
    }
    if (process.exitValue() != 0) {
      throw new IllegalStateException(
          name + " ended with status " + process.exitValue() + ": " + errors());
    }
    return output();
  }

  /** Asks it to stop, and returns its output. */
  String stop() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(STOPS_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IllegalStateException(name + " does not stop: " + errors());
    }
    return output();
  }

  int exitStatus() {
    return process.exitValue();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  /** Processor time that all of its threads used, ended ones too; in steps of 10 ms. */
  long cpuNanos() {
    try {
      String stat = Files.readString(Path.of("/proc", String.valueOf(pid()), "stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * NANOS_OF_A_TICK;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Memory that it has in use, of which what it shares with others counts in part, and what it has
   * mapped twice, as rings, once.
   */
  long memoryBytes() {
    try {
      return Files.readAllLines(Path.of("/proc", String.valueOf(pid()), "smaps_rollup")).stream()
          .filter(line -> line.startsWith("Pss:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String output() {
    return read(out);
  }

  /** The end of what it said on standard error. */
  String errors() {
    String all = read(err);
    return all.substring(Math.max(0, all.length() - 2_000)).strip();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    try {
      Runtime.getRuntime().removeShutdownHook(endWithUs);
    } catch (IllegalStateException alreadyEnding) {
      return;
    }
  }
}
