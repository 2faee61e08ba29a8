package io.pgstitch.collector;

import io.pgstitch.bpf.LevelRule;
import io.pgstitch.bpf.Levels;
import io.pgstitch.collector.host.Procfs;
import io.pgstitch.collector.probe.FirstLooks;
import io.pgstitch.collector.probe.SessionProbes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Backends that were named one by one, with the level of each: they need not come by anything that
 * is planted for all.
 */
final class NamedBackends {
  private final ServerWatch servers;
  private final SessionProbes sessions;
  private final FirstLooks firstLooks;
  private final Procfs procfs;

  NamedBackends(ServerWatch servers, SessionProbes sessions, FirstLooks firstLooks, Procfs procfs) {
    this.servers = servers;
    this.sessions = sessions;
    this.firstLooks = firstLooks;
    this.procfs = procfs;
  }

  /**
   * Plants in them what their levels ask for, and returns when it is planted.
   *
   * @param pids that are traced, those of servers among them
   * @param level theirs
   * @param rules of which those for a pid name a backend
   */
  void plant(List<Integer> pids, int level, List<LevelRule> rules) {
    List<LevelRule> ofPids =
        rules.stream().filter(rule -> rule.kind() == LevelRule.Kind.PID).toList();
    List<CompletableFuture<Void>> planted = new ArrayList<>();
    pids.forEach(pid -> plantIn(pid, level, planted));
    ofPids.forEach(rule -> plantIn(rule.number(), rule.level(), planted));
    planted.forEach(CompletableFuture::join);
    for (LevelRule rule : ofPids) {
      if ((rule.level() & Levels.WAITS) != 0) {
        servers
            .binaryOf(procfs, rule.number())
            .ifPresent(binary -> firstLooks.lookAt(rule.number(), binary));
      }
    }
  }

  private void plantIn(int pid, int level, List<CompletableFuture<Void>> planted) {
    servers
        .binaryOf(procfs, pid)
        .ifPresent(binary -> planted.add(sessions.levelOf(pid, binary, level)));
  }
}
