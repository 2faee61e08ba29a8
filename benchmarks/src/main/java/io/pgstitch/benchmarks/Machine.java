package io.pgstitch.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;

/** What was measured on. */
final class Machine {
  private Machine() {}

  /** Date, processors, memory, kernel and Java in one line. */
  static String here() {
    return LocalDate.now(ZoneOffset.UTC)
        + ", "
        + Runtime.getRuntime().availableProcessors()
        + " processors ("
        + field("/proc/cpuinfo", "model name")
        + "), "
        + Long.parseLong(field("/proc/meminfo", "MemTotal").replaceAll("\\D", "")) / 1024 / 1024
        + " GiB, Linux "
        + System.getProperty("os.version")
        + ", Java "
        + Runtime.version().feature();
  }

  private static String field(String file, String name) {
    try {
      return Files.readAllLines(Path.of(file)).stream()
          .filter(line -> line.startsWith(name))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("0");
    } catch (IOException e) {
      return "0";
    }
  }
}
