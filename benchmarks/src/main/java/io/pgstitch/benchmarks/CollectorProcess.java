package io.pgstitch.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code pgstitch collector} for one server, as it is run in production. */
final class CollectorProcess {
  private CollectorProcess() {}

  /**
   * Starts it and returns at once.
   *
   * @param more settings beside those that say where it works
   */
  static Child launch(Run run, Broker broker, Database database, List<String> more) {
    Path directory = run.directory("collector");
    Path file = directory.resolve("collector.properties");
    List<String> lines =
        new ArrayList<>(
            List.of(
                "kafka.bootstrap.servers=" + broker.address(),
                "pids=" + database.pid(),
                "spool.directory=" + directory.resolve("spool"),
                "spool.min.free.bytes=0"));
    lines.addAll(more);
    try {
      Files.write(file, lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Child.pgstitch("collector", directory, "collector", "--config", file.toString());
  }

  /** The same, and returns when every probe is attached. */
  static Child start(Run run, Broker broker, Database database, List<String> more)
      throws InterruptedException {
    Child collector = launch(run, broker, database, more);
    try {
      collector.awaitLine("ready ");
      return collector;
    } catch (InterruptedException | RuntimeException e) {
      collector.close();
      throw e;
    }
  }
}
