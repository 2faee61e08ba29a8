package io.pgstitch.collector.host;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Reads /proc. A process that goes away meanwhile is an empty answer, never an exception. */
public final class Procfs {
  /** Starts of processes are counted in hundredths of a second (USER_HZ), on every kernel. */
  public static final long NANOS_PER_TICK = 10_000_000;

  private final Path root;

  /**
   * @param root where proc is mounted
   */
  public Procfs(Path root) {
    this.root = root;
  }

  /** The one at /proc. */
  public static Procfs system() {
    return new Procfs(Path.of("/proc"));
  }

  /** Ids of all processes. */
  public List<Integer> pids() {
    List<Integer> pids = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(root, "[0-9]*")) {
      for (Path entry : entries) {
        pids.add(Integer.parseInt(entry.getFileName().toString()));
      }
    } catch (IOException e) {
      throw new IllegalStateException("cannot read " + root + ": is proc mounted?", e);
    }
    return pids;
  }

  /** The pid, or the id of a thread, that was given last; empty when it cannot be read. */
  Optional<String> lastPid() {
    try {
      String text = Files.readString(root.resolve("loadavg")).trim();
      return Optional.of(text.substring(text.lastIndexOf(' ') + 1));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The magic link to a process's executable; it opens the right file even when deleted. */
  public Path executable(int pid) {
    return root.resolve(pid + "/exe");
  }

  /** Where the link points, as the process's own mount namespace names it. */
  public Optional<String> executableName(int pid) {
    return link(pid, "exe");
  }

  /** Device and inode of a process's executable. */
  public Optional<ServerBinary> binary(int pid) {
    return inodeOf(executable(pid));
  }

  /** Device and inode of a file. */
  static Optional<ServerBinary> inodeOf(Path file) {
    try {
      return Optional.of(
          new ServerBinary(
              ((Number) Files.getAttribute(file, "unix:dev")).longValue(),
              ((Number) Files.getAttribute(file, "unix:ino")).longValue()));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** A path as the process sees it, reachable from here. */
  public Path inside(int pid, String path) {
    return Path.of(root.resolve(pid + "/root") + path);
  }

  /** Path of a file below /proc/PID. */
  Path file(int pid, String name) {
    return root.resolve(pid + "/" + name);
  }

  /** The content of a file below /proc/PID, empty when the process is gone. */
  public Optional<String> read(int pid, String name) {
    try {
      return Optional.of(Files.readString(file(pid, name)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The working directory, as the process sees it. */
  public Optional<String> workingDirectory(int pid) {
    return link(pid, "cwd");
  }

  /** Where a link below /proc/PID points. */
  Optional<String> link(int pid, String name) {
    try {
      return Optional.of(Files.readSymbolicLink(file(pid, name)).toString());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The pids of a process from the outermost namespace to its own; empty when it is gone. */
  List<String> namespacePids(int pid) {
    return read(pid, "status")
        .flatMap(status -> status.lines().filter(l -> l.startsWith("NSpid:")).findFirst())
        .map(line -> Arrays.asList(line.substring("NSpid:".length()).trim().split("\\s+", -1)))
        .orElse(List.of());
  }

  /** The pid by which a process knows itself; empty when it is gone. */
  String innermostPid(int pid) {
    List<String> pids = namespacePids(pid);
    return pids.isEmpty() ? "" : pids.get(pids.size() - 1);
  }

  /** Parent pid and start time of a process. */
  public record Stat(int parentPid, long startTicks) {}

  /** Reads /proc/PID/stat. */
  public Optional<Stat> stat(int pid) {
    return read(pid, "stat")
        .map(
            text -> {
              // The command may hold blanks and parentheses: fields count from the last one.
              String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ", 21);
              return new Stat(Integer.parseInt(fields[1]), Long.parseLong(fields[19]));
            });
  }
}
