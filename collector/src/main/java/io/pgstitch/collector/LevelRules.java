package io.pgstitch.collector;

import io.pgstitch.bpf.LevelRule;
import io.pgstitch.collector.host.Procfs;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The rules of levels as they hold for the processes that run when a collection begins. */
final class LevelRules {
  private static final Logger LOG = LoggerFactory.getLogger(LevelRules.class);

  private LevelRules() {}

  /** A rule for a pid is for the process that has it now; one for none is left out. */
  static List<LevelRule> ofNow(List<LevelRule> given, Procfs procfs) {
    List<LevelRule> known = new ArrayList<>();
    for (LevelRule rule : given) {
      if (rule.kind() != LevelRule.Kind.PID) {
        known.add(rule);
        continue;
      }
      Optional<Procfs.Stat> process = procfs.stat(rule.number());
      if (process.isPresent()) {
        known.add(rule.ofProcessStartedAt(process.get().startTicks()));
      } else {
        LOG.warn("level.pid.{} has no effect: there is no such process", rule.number());
      }
    }
    return List.copyOf(known);
  }
}
