package io.pgstitch.collector;

import io.pgstitch.bpf.BpfException;
import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.bpf.Levels;
import io.pgstitch.collector.host.VirtualMachine;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sets a hardware watchpoint on the wait word of each backend, in the watchpoint mode. Until it is
 * set, some milliseconds after the backend was first seen, and where it cannot be set, waits are
 * measured at system calls. Used by the thread that reads the kernel's events alone.
 */
final class WaitWatch {
  private static final Logger LOG = LoggerFactory.getLogger(WaitWatch.class);
  private static final int NO_SUCH_PROCESS = 3;

  private final KernelPrograms programs;
  private final boolean wanted;
  private final Map<Integer, Long> words = new HashMap<>();
  private final Map<Integer, Long> watched = new HashMap<>();
  private boolean warned;

  private WaitWatch(KernelPrograms programs, boolean wanted) {
    this.programs = programs;
    this.wanted = wanted;
  }

  /**
   * A hypervisor may deliver the debug exception of a watchpoint with an empty DR6. Linux then
   * finds no watchpoint that it belongs to, and ends the process with SIGTRAP; PostgreSQL restarts
   * all its backends when one dies so.
   *
   * @throws CollectorException where that may happen
   */
  static void refuseWhereUnsafe(WaitMode waits) {
    if (waits == WaitMode.WATCHPOINT && VirtualMachine.isHost()) {
      throw new CollectorException(
          "waits=watchpoint is refused: this is a virtual machine, where a hardware watchpoint may"
              + " end a backend with SIGTRAP and restart its server. Use waits=syscalls; for a"
              + " server that may crash there is waits=watchpoint-in-vm");
    }
  }

  static WaitWatch of(CollectorSettings settings, KernelPrograms programs) {
    return new WaitWatch(programs, settings.waits().watches());
  }

  /**
   * A backend was seen for the first time.
   *
   * @param word address of its wait_event_info, 0 unknown
   * @param level in force for it
   */
  void began(int pid, long word, int level) {
    if (wanted && word != 0) {
      ended(pid);
      words.put(pid, word);
      level(pid, level);
    }
  }

  /** Another level is in force for a backend; a watchpoint that was set once stays. */
  void level(int pid, int level) {
    Long word = words.get(pid);
    if (word != null && (level & Levels.WAITS) != 0 && !watched.containsKey(pid)) {
      watch(pid, word);
    }
  }

  private void watch(int pid, long word) {
    try {
      watched.put(pid, programs.watchWaits(pid, word));
    } catch (BpfException e) {
      words.remove(pid);
      if (e.errno() != NO_SUCH_PROCESS && !warned) {
        warned = true;
        LOG.warn(
            "no watchpoint for process {}: {}; waits are measured at system calls where none can be"
                + " set",
            pid,
            e.getMessage());
      }
    }
  }

  /** A backend has gone. */
  void ended(int pid) {
    words.remove(pid);
    Long attachment = watched.remove(pid);
    if (attachment != null) {
      programs.detach(attachment);
    }
  }
}
