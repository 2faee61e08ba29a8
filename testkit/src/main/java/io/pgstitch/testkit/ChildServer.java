package io.pgstitch.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * A server process of ours, in a session of its own so that Ctrl-C at the terminal does not reach
 * it before its users are done. Both output streams go to a log file.
 */
final class ChildServer {
  private static final int SHOWN_LOG_BYTES = 8_192;

  private final String name;
  private final Process process;
  private final Path log;
  private final Thread stopAtExit;

  private ChildServer(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
    this.stopAtExit = new Thread(process::destroyForcibly, "stop-" + name);
    Runtime.getRuntime().addShutdownHook(stopAtExit);
  }

  static ChildServer start(
      String name, List<String> command, Map<String, String> environment, Path dir, Path log) {
    List<String> detached = new java.util.ArrayList<>(List.of("setsid"));
    detached.addAll(command);
    try {
      ProcessBuilder builder =
          new ProcessBuilder(detached)
              .directory(dir.toFile())
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
      builder.environment().putAll(environment);
      return new ChildServer(name, builder.start(), log);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run " + String.join(" ", detached), e);
    }
  }

  /**
   * The process id; setsid and setpriv replace themselves with the server, so it is the server's
   * own.
   */
  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /**
   * Waits until the server is ready.
   *
   * @throws IllegalStateException with the end of the log if it dies before or is not ready in
   *     time; it is dead then
   */
  void awaitReady(BooleanSupplier ready, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!ready.getAsBoolean()) {
      if (!process.isAlive()) {
        release();
        throw new IllegalStateException(
            name + " ended with status " + process.exitValue() + " while starting\n" + logTail());
      }
      if (System.nanoTime() > deadline) {
        process.destroyForcibly();
        release();
        throw new IllegalStateException(name + " was not ready within " + limit + "\n" + logTail());
      }
      pause();
    }
  }

  /**
   * Sends a signal and waits for the end of the process; kills it if it does not end in time.
   *
   * @param signal as in {@code kill -SIGNAL}
   */
  void stop(String signal, Duration limit) {
    if (process.isAlive()) {
      sendSignal(signal);
    }
    if (!Command.waitFor(process, limit)) {
      process.destroyForcibly();
      release();
      throw new IllegalStateException(
          name + " did not stop within " + limit + " of SIG" + signal + "\n" + logTail());
    }
    release();
  }

  /** The last lines the server wrote. */
  String logTail() {
    try {
      byte[] all = Files.readAllBytes(log);
      int from = Math.max(0, all.length - SHOWN_LOG_BYTES);
      return log + ":\n" + new String(all, from, all.length - from, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "(its log " + log + " cannot be read: " + e + ")";
    }
  }

  private void sendSignal(String signal) {
    try {
      Command.run(
          List.of("kill", "-" + signal, Long.toString(pid())), Map.of(), Duration.ofSeconds(5));
    } catch (CommandFailedException e) {
      if (process.isAlive()) {
        throw e;
      }
    }
  }

  private void release() {
    try {
      Runtime.getRuntime().removeShutdownHook(stopAtExit);
    } catch (IllegalStateException shuttingDown) {
      // The hook runs or has run already: nothing is left to release.
      return;
    }
  }

  private void pause() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while " + name + " was starting", e);
    }
  }
}
