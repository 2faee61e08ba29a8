package io.pgstitch.bpf;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/** While it is open the kernel counts how often each program runs. */
public final class RunCounts implements AutoCloseable {
  private final int descriptor;
  private final Supplier<String> lines;

  RunCounts(int descriptor, Supplier<String> lines) {
    this.descriptor = descriptor;
    this.lines = lines;
  }

  /** How often each program ran that functions of servers hit, at entries and returns. */
  public Map<String, Long> functionRuns() {
    Map<String, Long> runs = new TreeMap<>();
    lines
        .get()
        .lines()
        .map(line -> line.split(" ", 2))
        .forEach(f -> runs.put(f[1], Long.parseLong(f[0])));
    return runs;
  }

  @Override
  public void close() {
    NativeBpf.stopCounting(descriptor);
  }
}
