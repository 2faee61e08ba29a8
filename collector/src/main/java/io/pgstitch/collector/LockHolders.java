package io.pgstitch.collector;

import io.pgstitch.collector.encode.BackendStream;
import io.pgstitch.collector.encode.HolderState;
import io.pgstitch.collector.host.NamespacePids;
import io.pgstitch.schema.HolderSight;
import java.util.HashMap;
import java.util.Map;

/**
 * Finds the streams of those who hold a lock. A server names them by pids of its own pid namespace.
 * Used by the thread that reads the kernel's events alone.
 */
final class LockHolders {
  private final NamespacePids pids;
  private final Map<Integer, BackendStream> byPid = new HashMap<>();
  private final Map<Integer, Integer> inside = new HashMap<>();

  LockHolders(NamespacePids pids) {
    this.pids = pids;
  }

  /** A backend was announced. */
  void opened(BackendStream stream) {
    byPid.put(stream.backend().getPid(), stream);
    inside.remove(stream.backend().getPid());
  }

  /** A backend has ended. */
  void ended(int pid) {
    byPid.remove(pid);
    inside.remove(pid);
  }

  /**
   * What a backend does now.
   *
   * @param pid as the server names it
   * @param server pid of its postmaster on the host
   */
  HolderState now(int pid, int server) {
    BackendStream stream = byPid.get(pid);
    if (stream != null && isCalled(stream, pid, server)) {
      return stream.asHolder(pid);
    }
    return byPid.values().stream()
        .filter(other -> isCalled(other, pid, server))
        .findFirst()
        .map(other -> other.asHolder(pid))
        .orElseGet(() -> HolderState.unknown(pid, HolderSight.UNSEEN));
  }

  /** Its name inside is read once. */
  private boolean isCalled(BackendStream stream, int pid, int server) {
    int onHost = stream.backend().getPid();
    return stream.backend().getPostmasterPid() == server
        && inside.computeIfAbsent(onHost, pids::inside) == pid;
  }
}
