package io.pgstitch.collector;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** How often threads of this process gave their processor away, as the kernel counts it. */
final class ThreadSwitches {
  /** The kernel keeps so much of a thread's name. */
  private static final int NAME = 15;

  private static final String VOLUNTARY = "voluntary_ctxt_switches:";

  private ThreadSwitches() {}

  /** Times that threads of this name began to wait for something. */
  static long voluntary(String name) {
    String known = name.substring(0, Math.min(name.length(), NAME));
    try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
      List<Long> counts =
          tasks
              .map(ThreadSwitches::status)
              .filter(lines -> lines.contains("Name:\t" + known))
              .map(ThreadSwitches::count)
              .toList();
      if (counts.isEmpty()) {
        throw new AssertionError("no thread is called " + name);
      }
      return counts.stream().mapToLong(Long::longValue).sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Empty for a thread that has just ended. */
  private static List<String> status(Path task) {
    try {
      return Files.readAllLines(task.resolve("status"));
    } catch (IOException ended) {
      return List.of();
    }
  }

  private static long count(List<String> status) {
    return status.stream()
        .filter(line -> line.startsWith(VOLUNTARY))
        .mapToLong(line -> Long.parseLong(line.substring(VOLUNTARY.length()).trim()))
        .sum();
  }
}
