package io.pgstitch.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Divides the processors of the host: servers that are measured have one half to themselves, and
 * everything else that the benchmark starts the other. A backend's time for a transaction is then
 * not that of a processor whose caches a JVM, a broker or a client has just used. With one
 * processor nothing is divided.
 */
final class Processors implements AutoCloseable {
  private static final String ALLOWED = "Cpus_allowed_list:";

  private final List<Integer> all;

  /**
   * @param all numbers of the processors that this process may use
   */
  private Processors(List<Integer> all) {
    this.all = all;
  }

  /** This process, and what it starts from now on, leaves the servers' half. */
  static Processors divide() throws IOException, InterruptedException {
    String allowed =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith(ALLOWED))
            .findFirst()
            .orElseThrow();
    Processors processors = new Processors(numbers(allowed.substring(ALLOWED.length()).strip()));
    if (processors.areDivided()) {
      assign(
          ProcessHandle.current().pid(),
          processors.all.subList(processors.all.size() / 2, processors.all.size()));
    }
    return processors;
  }

  /** What a list such as 0-3,8 names. */
  static List<Integer> numbers(String list) {
    List<Integer> numbers = new ArrayList<>();
    for (String part : list.split(",", -1)) {
      String[] ends = part.split("-", -1);
      int last = Integer.parseInt(ends[ends.length - 1]);
      for (int n = Integer.parseInt(ends[0]); n <= last; n++) {
        numbers.add(n);
      }
    }
    return List.copyOf(numbers);
  }

  /** A server, and the backends that it forks from now on, gets the servers' half. */
  Database give(Database database) throws IOException, InterruptedException {
    if (areDivided()) {
      ProcessHandle postmaster = ProcessHandle.of(database.pid()).orElseThrow();
      for (ProcessHandle each :
          Stream.concat(Stream.of(postmaster), postmaster.children()).toList()) {
        assign(each.pid(), all.subList(0, all.size() / 2));
      }
    }
    return database;
  }

  private boolean areDivided() {
    return all.size() > 1;
  }

  private static void assign(long pid, List<Integer> numbers)
      throws IOException, InterruptedException {
    String list = numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
    Process taskset =
        new ProcessBuilder("taskset", "-a", "-c", "-p", list, String.valueOf(pid))
            .redirectErrorStream(true)
            .start();
    String said = new String(taskset.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!taskset.waitFor(10, TimeUnit.SECONDS) || taskset.exitValue() != 0) {
      throw new IllegalStateException(
          "cannot assign process " + pid + " to processors " + list + ": " + said.strip());
    }
  }

  @Override
  public void close() throws IOException, InterruptedException {
    if (areDivided()) {
      assign(ProcessHandle.current().pid(), all);
    }
  }
}
