package io.pgstitch.collector;

import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.bpf.LevelRule;
import io.pgstitch.bpf.Levels;
import io.pgstitch.collector.control.SessionControl;
import io.pgstitch.collector.host.Procfs;
import io.pgstitch.collector.probe.AttachedBinary;
import io.pgstitch.collector.probe.FirstLooks;
import io.pgstitch.collector.probe.SessionProbes;
import io.pgstitch.schema.TracedSession;
import java.util.List;

/** Switches the sessions of the traced servers from outside. */
final class SessionSwitch implements SessionControl {
  private final List<Integer> wanted;
  private final boolean anyone;
  private final KernelPrograms programs;
  private final ServerWatch servers;
  private final SessionProbes probes;
  private final FirstLooks firstLooks;
  private final SeenSessions seen;
  private final SessionDirectory directory;
  private final Procfs procfs;

  /**
   * @param wanted pids of servers and backends; empty: all servers of the host
   * @param anyone whether each session may switch itself, which stays as it is
   */
  SessionSwitch(
      List<Integer> wanted,
      boolean anyone,
      KernelPrograms programs,
      ServerWatch servers,
      SessionProbes probes,
      FirstLooks firstLooks,
      SeenSessions seen,
      SessionDirectory directory,
      Procfs procfs) {
    this.wanted = List.copyOf(wanted);
    this.anyone = anyone;
    this.programs = programs;
    this.servers = servers;
    this.probes = probes;
    this.firstLooks = firstLooks;
    this.seen = seen;
    this.directory = directory;
    this.procfs = procfs;
  }

  @Override
  public void switchSession(int pid, int level, boolean functions) {
    if (!TraceLevel.isValid(level)) {
      throw new IllegalArgumentException("level " + level + ": " + TraceLevel.EXPLANATION);
    }
    AttachedBinary binary =
        servers
            .binaryOf(procfs, pid)
            .filter(b -> isWanted(pid))
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "process " + pid + " is no backend of a server that is traced here"));
    long started =
        procfs
            .stat(pid)
            .orElseThrow(() -> new IllegalArgumentException("process " + pid + " has just ended"))
            .startTicks();
    LevelRule rule =
        new LevelRule(LevelRule.Kind.PID, pid, level | (functions ? Levels.FUNCTIONS : 0))
            .ofProcessStartedAt(started);
    int mode = rule.level();
    probes.levelOf(pid, binary, mode).join();
    programs.switches().putRules(anyone, List.of(rule));
    if ((mode & Levels.WAITS) != 0) {
      firstLooks.lookAt(pid, binary);
    }
    seen.switched(pid, started, mode);
  }

  private boolean isWanted(int pid) {
    return wanted.isEmpty()
        || wanted.contains(pid)
        || procfs.stat(pid).map(s -> wanted.contains(s.parentPid())).orElse(false);
  }

  @Override
  public List<TracedSession> sessions(int pid) {
    return directory.sessions(pid);
  }
}
