package io.pgstitch.collector.probe;

import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.collector.host.BackendMemory;
import io.pgstitch.collector.host.BackendProbe;
import io.pgstitch.collector.host.PostgresServer;
import java.util.regex.Pattern;

/**
 * Waits that are in progress when the probes come, or when a session's level gets waits: has the
 * kernel programs look at the backends that run a command, or may do so. They would otherwise hear
 * of a backend at its next function call, which may be long after.
 */
public final class FirstLooks {
  private static final Pattern IDLE = Pattern.compile(" idle( in transaction( \\(aborted\\))?)?$");

  /** A command's tag, e.g. COPY or SELECT waiting. */
  private static final Pattern RUNNING = Pattern.compile(" [A-Z][A-Z ]+( waiting)?$");

  private final KernelPrograms programs;
  private final BackendProbe backends;
  private final boolean waitsForAll;

  /**
   * @param waitsForAll whether the level of all has waits
   */
  public FirstLooks(KernelPrograms programs, BackendProbe backends, boolean waitsForAll) {
    this.programs = programs;
    this.backends = backends;
    this.waitsForAll = waitsForAll;
  }

  /** The probes of a server have been planted. */
  public void attached(PostgresServer server, AttachedBinary binary) {
    if (waitsForAll) {
      backends.clients(server, binary.elf()).forEach(pid -> lookAt(pid, binary));
    }
  }

  /** Looks at one backend, for which what sees waits is attached. */
  public void lookAt(int pid, AttachedBinary binary) {
    String title = backends.title(pid);
    if (IDLE.matcher(title).find()) {
      return;
    }
    try (BackendMemory memory = backends.memory(pid, binary.elf()).orElse(null)) {
      if (memory != null) {
        boolean running = RUNNING.matcher(title).find();
        programs.lookFirst(pid, memory.bias(), binary.index(), running);
      }
    }
  }
}
