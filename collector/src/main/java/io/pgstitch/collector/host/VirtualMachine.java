package io.pgstitch.collector.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Whether this kernel runs under a hypervisor. */
public final class VirtualMachine {
  private VirtualMachine() {}

  /** As the processor says it: bit 31 of ECX of CPUID 1, which hypervisors set for their guests. */
  public static boolean isHost() {
    try {
      return isVirtual(Files.readAllLines(Path.of("/proc/cpuinfo")));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read /proc/cpuinfo", e);
    }
  }

  static boolean isVirtual(List<String> cpuinfo) {
    return cpuinfo.stream()
        .filter(line -> line.startsWith("flags"))
        .anyMatch(line -> Arrays.asList(line.split("\\s+", -1)).contains("hypervisor"));
  }
}
