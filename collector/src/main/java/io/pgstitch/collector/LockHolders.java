package io.pgstitch.collector;

import io.pgstitch.collector.encode.BackendStream;
import io.pgstitch.collector.encode.HolderState;
import io.pgstitch.collector.host.NamespacePids;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.HolderSight;
import java.util.HashMap;
import java.util.Map;

/**
 * Finds the streams of those who hold a lock. A server names them by pids of its own pid namespace.
 * What a process is called there is noted when it is announced: when its record is read that says
 * who holds a lock, it may have ended. Used by the thread that reads the kernel's events alone.
 */
final class LockHolders {
  private final NamespacePids pids;
  private final Map<Name, BackendStream> byName = new HashMap<>();
  private final Map<Integer, Name> byPid = new HashMap<>();

  /** A process as its server calls it; the server by its pid on the host. */
  private record Name(int server, int pid) {}

  LockHolders(NamespacePids pids) {
    this.pids = pids;
  }

  /** A backend was announced. */
  void opened(BackendStream stream) {
    Backend backend = stream.backend();
    int inside =
        backend.getServerPid() == 0 ? pids.inside(backend.getPid()) : backend.getServerPid();
    Name name = new Name(backend.getPostmasterPid(), inside);
    ended(backend.getPid());
    byName.put(name, stream);
    byPid.put(backend.getPid(), name);
  }

  /** A backend has ended. */
  void ended(int pid) {
    Name name = byPid.remove(pid);
    if (name != null) {
      byName.remove(name);
    }
  }

  /**
   * Another backend begins to wait for what one holds: that one's stream is told.
   *
   * @param pid as the server names it
   * @param server pid of its postmaster on the host
   * @return what it does now
   */
  HolderState waitedFor(int pid, int server) {
    BackendStream stream = byName.get(new Name(server, pid));
    return stream == null ? HolderState.unknown(pid, HolderSight.UNSEEN) : stream.waitedFor(pid);
  }
}
