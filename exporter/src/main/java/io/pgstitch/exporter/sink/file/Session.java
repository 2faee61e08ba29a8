package io.pgstitch.exporter.sink.file;

import io.pgstitch.schema.Backend;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * A session, which is a file.
 *
 * @param backend whose it is
 * @param startUtcNanos start of the backend, UTC nanoseconds
 */
record Session(Backend backend, long startUtcNanos) {

  private static final int VERSION_WITH_ONE_MINOR = 100_000;
  private static final Pattern NOT_IN_A_LINE = Pattern.compile("[\\p{Cntrl}\\u0085\\u2028\\u2029]");
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  /** See {@link TraceFileName}. */
  String fileName() {
    return TraceFileName.of(backend, Stamp.file(startUtcNanos));
  }

  /** The head of the file: the banner, a blank line, the star lines that name the session. */
  byte[] banner(Path file) {
    String stamp = Stamp.line(startUtcNanos);
    String text =
        line("Trace file " + oneLine(file.toString()))
            + line("PostgreSQL: " + version(backend.getServerVersionNum()))
            + line("Data directory: " + oneLine(backend.getDataDirectory()))
            + line("System name: Linux")
            + line("Node name: " + oneLine(backend.getHost()))
            + line("Boot id: " + oneLine(backend.getBootId()))
            + line("Cluster: " + oneLine(backend.getCluster()))
            + line("Instance name: " + oneLine(backend.getHost()) + ":" + backend.getServerPort())
            + line("Postmaster pid: " + backend.getPostmasterPid())
            + line("Unix process pid: " + backend.getPid() + ", image: " + image())
            + line("Session start: " + stamp)
            + line("")
            + line("*** " + stamp)
            + star("SESSION ID", backend.getPid() + "." + startUtcNanos / NANOS_PER_SECOND, stamp)
            + star("CLIENT ID", backend.getUser(), stamp)
            + star("SERVICE NAME", backend.getDatabase(), stamp)
            + star("MODULE NAME", backend.getApplicationName(), stamp)
            + star("ACTION NAME", "", stamp)
            + star("CLIENT DRIVER", backend.getClientAddress(), stamp);
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** The text with every line break and control character made a blank. */
  static String oneLine(String text) {
    return NOT_IN_A_LINE.matcher(text).replaceAll(" ");
  }

  private String image() {
    return backend.getLeaderPid() == 0
        ? "postgres"
        : "postgres parallel worker of " + backend.getLeaderPid();
  }

  private static String version(int num) {
    if (num == 0) {
      return "unknown";
    }
    return num >= VERSION_WITH_ONE_MINOR
        ? num / 10_000 + "." + num % 10_000
        : num / 10_000 + "." + num / 100 % 100 + "." + num % 100;
  }

  static String star(String name, String value, String stamp) {
    return line("*** " + name + ":(" + oneLine(value).replaceAll("[()]", "_") + ") " + stamp);
  }

  private static String line(String text) {
    return text + "\n";
  }
}
