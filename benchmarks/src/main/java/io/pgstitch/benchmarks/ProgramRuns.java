package io.pgstitch.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/** How often the kernel programs of another process ran at functions of servers. */
final class ProgramRuns implements LongSupplier {
  /** BPF_PROG_TYPE_KPROBE: those of uprobes. */
  private static final String UPROBE = "prog_type:\t2";

  private final long pid;

  ProgramRuns(long pid) {
    this.pid = pid;
  }

  @Override
  public long getAsLong() {
    Set<Long> seen = new HashSet<>();
    long sum = 0;
    try (Stream<Path> descriptors = Files.list(Path.of("/proc", String.valueOf(pid), "fdinfo"))) {
      for (Path descriptor : descriptors.toList()) {
        List<String> lines = read(descriptor);
        if (lines.contains(UPROBE) && seen.add(number(lines, "prog_id"))) {
          sum += number(lines, "run_cnt");
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException("the collector cannot be looked at", e);
    }
    return sum;
  }

  private static List<String> read(Path descriptor) throws IOException {
    try {
      return Files.readAllLines(descriptor);
    } catch (NoSuchFileException closedMeanwhile) {
      return List.of();
    }
  }

  private static long number(List<String> lines, String name) {
    return lines.stream()
        .filter(line -> line.startsWith(name + ":"))
        .mapToLong(line -> Long.parseLong(line.substring(name.length() + 1).strip()))
        .findFirst()
        .orElse(0);
  }
}
