package io.pgstitch.collector;

import io.pgstitch.bpf.LevelRule;
import io.pgstitch.collector.host.Procfs;
import io.pgstitch.schema.Backend;
import java.util.Comparator;
import java.util.List;

/**
 * The level that a session begins with, as the kernel programs choose it ({@code choose_level},
 * levels.bpf.h) when they first see it: for sessions that they have not seen yet.
 */
final class FirstLevel {
  private final List<LevelRule> rules;
  private final int otherwise;

  /**
   * @param otherwise level of whom no rule names, as bits of {@link io.pgstitch.bpf.Levels}
   */
  FirstLevel(List<LevelRule> rules, int otherwise) {
    this.rules =
        rules.stream().sorted(Comparator.comparing(LevelRule::kind)).toList(); // the first wins
    this.otherwise = otherwise;
  }

  /**
   * Bits of {@link io.pgstitch.bpf.Levels}.
   *
   * @param layoutKnown whether the kernel programs can read the names of its role and database
   */
  int of(Backend backend, boolean layoutKnown) {
    for (LevelRule rule : rules) {
      boolean names =
          switch (rule.kind()) {
            case PID ->
                rule.number() == backend.getPid()
                    && (rule.startTicks() == 0
                        || rule.startTicks() == backend.getStartNs() / Procfs.NANOS_PER_TICK);
            case ROLE -> layoutKnown && rule.name().equals(backend.getUser());
            case DATABASE -> layoutKnown && rule.name().equals(backend.getDatabase());
            case PORT -> rule.number() == backend.getServerPort();
          };
      if (names) {
        return rule.level();
      }
    }
    return otherwise;
  }
}
