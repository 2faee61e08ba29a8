package io.pgstitch.processor;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.testkit.EmbeddedKafkaMain;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;

/** A broker as a process of its own, to be killed. */
final class BrokerProcess implements AutoCloseable {
  private final Path dir;
  private final int port;
  private final Path log;
  private Process process;

  private BrokerProcess(Path dir, int port) {
    this.dir = dir;
    this.log = dir.resolveSibling(dir.getFileName() + ".log");
    this.port = port;
  }

  /** Starts one on a free port, and returns once it accepts clients. */
  static BrokerProcess start(Path dir) throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    BrokerProcess broker = new BrokerProcess(dir, port);
    broker.run();
    return broker;
  }

  private void run() throws IOException {
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx384m",
                "-XX:TieredStopAtLevel=1",
                "-Dpgstitch.test.log=warn",
                "-cp",
                System.getProperty("java.class.path"),
                EmbeddedKafkaMain.class.getName(),
                dir.toString(),
                Integer.toString(port))
            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    BufferedReader out = process.inputReader();
    String line;
    do {
      line = out.readLine();
    } while (line != null && !line.startsWith("ready"));
    assertThat(line).isEqualTo("ready " + bootstrapServers());
  }

  String bootstrapServers() {
    return "127.0.0.1:" + port;
  }

  /** The end of what it has written, for the message of a test that fails. */
  String log() {
    return LogTail.of(log);
  }

  /** SIGKILL; does not wait for its end. */
  void kill() {
    process.destroyForcibly();
  }

  /** Starts it again with what is on the disk, when it has ended. */
  void restart() throws IOException, InterruptedException {
    process.waitFor();
    run();
  }

  @Override
  public void close() throws InterruptedException {
    kill();
    process.waitFor();
  }
}
