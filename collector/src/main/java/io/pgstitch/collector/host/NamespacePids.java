package io.pgstitch.collector.host;

import java.util.List;
import java.util.Optional;

/**
 * Maps a pid that a process in a container knows to the pid on the host. A server in a container
 * names its backends by the pids of its own namespace.
 */
public final class NamespacePids {
  private final Procfs procfs;

  /**
   * @param procfs of the host
   */
  public NamespacePids(Procfs procfs) {
    this.procfs = procfs;
  }

  /**
   * The host's pid of a process.
   *
   * @param pid as known in the namespace
   * @param neighbour host's pid of a process in the same namespace
   * @return empty when no such process runs any more
   */
  public Optional<Integer> onHost(int pid, int neighbour) {
    List<String> own = procfs.namespacePids(neighbour);
    if (own.size() <= 1) {
      return Optional.of(pid);
    }
    Optional<String> namespace = procfs.link(neighbour, "ns/pid");
    return procfs.pids().stream()
        .filter(p -> isCalled(p, pid, own.size()) && procfs.link(p, "ns/pid").equals(namespace))
        .findFirst();
  }

  /** The pid by which a process knows itself; 0 when it is gone. */
  public int inside(int hostPid) {
    String pid = procfs.innermostPid(hostPid);
    return pid.isEmpty() ? 0 : Integer.parseInt(pid);
  }

  private boolean isCalled(int hostPid, int pid, int depth) {
    List<String> pids = procfs.namespacePids(hostPid);
    return pids.size() == depth && pids.get(depth - 1).equals(String.valueOf(pid));
  }
}
