package io.pgstitch.processor;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Processors as processes of their own, each with a state directory, to be killed. */
final class ProcessorProcesses implements AutoCloseable {
  private final Path dir;
  private final String brokers;
  private final List<Process> running = new ArrayList<>();
  private int started;

  /**
   * Nothing runs yet.
   *
   * @param dir for state and logs
   */
  ProcessorProcesses(Path dir, String brokers) {
    this.dir = dir;
    this.brokers = brokers;
  }

  /** Starts another one and does not wait for it. */
  void start() throws IOException {
    int number = started++;
    running.add(
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+ExitOnOutOfMemoryError",
                "-Dpgstitch.test.log=warn",
                "-cp",
                System.getProperty("java.class.path"),
                ProcessorMain.class.getName(),
                brokers,
                dir.resolve("state" + number).toString())
            .redirectErrorStream(true)
            .redirectOutput(log(number).toFile())
            .start());
  }

  /** Whether none has ended by itself. */
  boolean allAlive() {
    return running.stream().allMatch(Process::isAlive);
  }

  /** Kills the one that has run for the longest, with SIGKILL. */
  void killOldest() throws InterruptedException {
    running.remove(0).destroyForcibly().waitFor();
  }

  /** The end of what each one has written, for the message of a test that fails. */
  String logs() {
    StringBuilder all = new StringBuilder();
    for (int number = 0; number < started; number++) {
      all.append(LogTail.of(log(number)));
    }
    return all.toString();
  }

  private Path log(int number) {
    return dir.resolve("processor" + number + ".log");
  }

  /** Kills all with SIGKILL, at once. */
  void killAll() throws InterruptedException {
    running.forEach(Process::destroyForcibly);
    for (Process process : running) {
      process.waitFor();
    }
    running.clear();
  }

  @Override
  public void close() throws InterruptedException {
    killAll();
  }
}
