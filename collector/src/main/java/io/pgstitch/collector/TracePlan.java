package io.pgstitch.collector;

import io.pgstitch.bpf.Levels;
import io.pgstitch.collector.probe.Probe;
import io.pgstitch.collector.probe.ProbeCatalogue;
import io.pgstitch.collector.probe.SessionProbes;
import java.util.EnumSet;
import java.util.Set;

/**
 * What is traced of those that nothing special was said of, and by which functions.
 *
 * @param level bits of {@link Levels}
 * @param catalogue the functions that can be watched
 * @param tiers those of its rows that are planted for all
 */
record TracePlan(int level, ProbeCatalogue catalogue, EnumSet<Probe.Tier> tiers) {
  static TracePlan of(CollectorSettings settings) {
    int level = settings.level() | (settings.functions() ? Levels.FUNCTIONS : 0);
    EnumSet<Probe.Tier> tiers = Probe.Tier.ofDefaultLevel(level, settings.detail());
    if (!settings.addedFunctions().isEmpty()) {
      tiers.add(Probe.Tier.NAMED);
    }
    return new TracePlan(
        level, ProbeCatalogue.load(settings.detail()).plus(settings.addedFunctions()), tiers);
  }

  /** Whether waits of all are measured. */
  boolean waits() {
    return (level & Levels.WAITS) != 0;
  }

  /**
   * Names of the kernel programs that trace it. From the detail tier on these are nearly all that
   * there are.
   */
  Set<String> programs() {
    Set<String> programs = catalogue.programs(tiers);
    if (waits()) {
      programs.addAll(SessionProbes.WAIT_PROGRAMS);
    }
    return programs;
  }

  /** Whether calls or phases of all statements are traced. */
  boolean detailed() {
    return tiers.contains(Probe.Tier.DETAIL);
  }
}
