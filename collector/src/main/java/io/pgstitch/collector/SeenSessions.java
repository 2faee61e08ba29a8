package io.pgstitch.collector;

import io.pgstitch.collector.host.Procfs;
import io.pgstitch.schema.Backend;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the collector learned of the sessions that it saw or switched. The event pump writes, others
 * read.
 */
final class SeenSessions {
  private final Map<Integer, Backend> backends = new ConcurrentHashMap<>();
  private final Map<Integer, Mode> modes = new ConcurrentHashMap<>();

  private record Mode(long startTicks, int bits) {}

  /** The kernel announced a session. */
  void opened(Backend backend, int mode) {
    backends.put(backend.getPid(), backend);
    modes.put(backend.getPid(), new Mode(backend.getStartNs() / Procfs.NANOS_PER_TICK, mode));
  }

  /** The level of a session is another one from this event on. */
  void changed(int pid, int mode) {
    modes.computeIfPresent(pid, (p, old) -> new Mode(old.startTicks, mode));
  }

  /** An operator switched a session; its next event will say the same. */
  void switched(int pid, long startTicks, int mode) {
    modes.put(pid, new Mode(startTicks, mode));
  }

  /** A session has ended. */
  void ended(int pid) {
    backends.remove(pid);
    modes.remove(pid);
  }

  /** What the kernel announced of a process that started then. */
  Optional<Backend> backend(int pid, long startTicks) {
    return Optional.ofNullable(backends.get(pid))
        .filter(b -> b.getStartNs() / Procfs.NANOS_PER_TICK == startTicks);
  }

  /** The level of a process that started then; empty when nothing was heard of it. */
  Optional<Integer> mode(int pid, long startTicks) {
    return Optional.ofNullable(modes.get(pid))
        .filter(m -> m.startTicks == startTicks)
        .map(Mode::bits);
  }

  /** Forgets processes that ended unseen. */
  void sweep(Procfs procfs) {
    modes.keySet().removeIf(pid -> procfs.stat(pid).isEmpty());
    backends.keySet().removeIf(pid -> procfs.stat(pid).isEmpty());
  }
}
