package io.pgstitch.collector.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the PostgreSQL servers that run on this host, wherever they are installed, whatever their
 * port, in containers too. A server is a process whose executable is a postgres and whose parent
 * runs something else.
 */
public final class ServerFinder {
  private static final Pattern VERSION = Pattern.compile("PostgreSQL (\\d+)(?:\\.(\\d+))?.*");

  private final Procfs procfs;
  private final Map<ServerBinary, String> versions = new HashMap<>();

  /**
   * @param procfs where to look
   */
  public ServerFinder(Procfs procfs) {
    this.procfs = procfs;
  }

  /** All servers that run now. */
  public List<PostgresServer> find() {
    List<PostgresServer> servers = new ArrayList<>();
    for (int pid : procfs.pids()) {
      if (looksLikePostgres(pid)) {
        server(pid).ifPresent(servers::add);
      }
    }
    return servers;
  }

  /** Whether a server that was found runs still. */
  public boolean runs(PostgresServer server) {
    return procfs
        .stat(server.pid())
        .filter(stat -> stat.startTicks() == server.startTicks())
        .isPresent();
  }

  /** The server whose postmaster has this pid, when it is one. */
  public Optional<PostgresServer> server(int pid) {
    Optional<ServerBinary> binary = procfs.binary(pid);
    Optional<Procfs.Stat> stat = procfs.stat(pid);
    if (binary.isEmpty() || stat.isEmpty()) {
      return Optional.empty();
    }
    if (procfs.binary(stat.get().parentPid()).equals(binary)) {
      return Optional.empty();
    }
    String version = versionOf(binary.get(), procfs.executable(pid));
    if (version.isEmpty()) {
      return Optional.empty();
    }
    String directory = procfs.workingDirectory(pid).orElse("");
    List<String> lockFile = lockFile(pid, directory);
    if (lockFile.isEmpty() || !lockFile.get(0).trim().equals(procfs.innermostPid(pid))) {
      // A single run such as postgres --version or initdb's, or a child whose server has died.
      return Optional.empty();
    }
    return Optional.of(
        new PostgresServer(
            pid,
            stat.get().startTicks(),
            binary.get(),
            procfs.executable(pid),
            procfs.inside(pid, "/"),
            wasReplaced(pid, binary.get()),
            versionNum(version),
            version,
            directory,
            port(lockFile)));
  }

  private boolean looksLikePostgres(int pid) {
    String name = procfs.executableName(pid).orElse("");
    String file = name.substring(name.lastIndexOf('/') + 1);
    return file.startsWith("postgres") || file.startsWith("postmaster");
  }

  /** Nothing is kept of a binary that could not be read: its process may just have ended. */
  private String versionOf(ServerBinary binary, Path executable) {
    String version = versions.get(binary);
    if (version == null) {
      try {
        version = ElfFile.constant(executable, "PostgreSQL 1").orElse("");
      } catch (IOException e) {
        return "";
      }
      versions.put(binary, version);
    }
    return version;
  }

  private boolean wasReplaced(int pid, ServerBinary binary) {
    String name = procfs.executableName(pid).orElse("");
    return name.endsWith(" (deleted)")
        || !Procfs.inodeOf(procfs.inside(pid, name)).equals(Optional.of(binary));
  }

  /**
   * The lines of postmaster.pid: pid of the server in its own namespace, directory, start, port.
   */
  private List<String> lockFile(int pid, String directory) {
    try {
      return Files.readAllLines(procfs.inside(pid, directory + "/postmaster.pid"));
    } catch (IOException e) {
      return List.of();
    }
  }

  private static int port(List<String> lockFile) {
    try {
      return lockFile.size() > 3 ? Integer.parseInt(lockFile.get(3).trim()) : 0;
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  static int versionNum(String version) {
    Matcher m = VERSION.matcher(version);
    if (!m.matches()) {
      return 0;
    }
    int minor = m.group(2) == null ? 0 : Integer.parseInt(m.group(2));
    return Integer.parseInt(m.group(1)) * 10000 + minor;
  }
}
