package io.pgstitch.collector;

import io.pgstitch.bpf.BpfException;
import io.pgstitch.bpf.KernelPrograms;
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
  private final Map<Integer, Long> watched = new HashMap<>();
  private boolean warned;

  private WaitWatch(KernelPrograms programs, boolean wanted) {
    this.programs = programs;
    this.wanted = wanted;
  }

  static WaitWatch of(CollectorSettings settings, KernelPrograms programs) {
    return new WaitWatch(
        programs,
        settings.waits() == WaitMode.WATCHPOINT && (settings.level() & TraceLevel.WAITS) != 0);
  }

  /**
   * A backend was seen for the first time.
   *
   * @param word address of its wait_event_info, 0 unknown
   */
  void began(int pid, long word) {
    if (!wanted || word == 0) {
      return;
    }
    ended(pid);
    try {
      watched.put(pid, programs.watchWaits(pid, word));
    } catch (BpfException e) {
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
    Long attachment = watched.remove(pid);
    if (attachment != null) {
      programs.detach(attachment);
    }
  }
}
