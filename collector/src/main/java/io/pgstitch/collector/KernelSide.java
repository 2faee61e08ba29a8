package io.pgstitch.collector;

import io.pgstitch.bpf.BpfException;
import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.bpf.LevelRule;
import io.pgstitch.collector.probe.SessionProbes;
import java.util.List;
import java.util.Set;

/**
 * What a collector has of the kernel from its start on.
 *
 * @param programs loaded, as far as the plan needs them
 * @param plan what they are to trace
 */
record KernelSide(KernelPrograms programs, TracePlan plan) implements AutoCloseable {
  private static final String ON_SWITCH = "on_switch";
  private static final String ON_PROCESS_EXIT = "on_process_exit";

  /**
   * Has the kernel verify and load what the plan needs.
   *
   * @throws CollectorException when the kernel refuses
   */
  static KernelSide load(CollectorSettings settings) {
    TracePlan plan = TracePlan.of(settings);
    try {
      return new KernelSide(load(plan, settings.ringBytes()), plan);
    } catch (BpfException e) {
      throw refused(e);
    }
  }

  private static KernelPrograms load(TracePlan plan, int ringBytes) {
    if (plan.detailed()) {
      // What would be left for later is less than what to begin anew costs.
      return KernelPrograms.load(ringBytes);
    }
    Set<String> first = plan.programs();
    first.addAll(List.of(ON_SWITCH, ON_PROCESS_EXIT));
    return KernelPrograms.loadFirst(ringBytes, first);
  }

  /**
   * Tells the programs whose level is which, and attaches those that belong to no server.
   *
   * @param rules of those whose level is another than the plan's
   */
  void begin(CollectorSettings settings, List<LevelRule> rules) {
    programs.switches().putRun(!settings.pids().isEmpty(), plan.level(), settings.detail());
    settings.pids().forEach(programs.switches()::addTarget);
    settings.control().roles().forEach(programs.switches()::allowRole);
    programs.switches().putRules(settings.control().anyone(), rules);
    programs.attachTracepoint(ON_SWITCH);
    programs.attachTracepoint(ON_PROCESS_EXIT);
    if (plan.waits()) {
      // Until the collection ends.
      List<Long> unused = SessionProbes.attachWaits(programs);
    }
  }

  /**
   * Loads what sessions may ask for that the plan does not need: after the first events.
   *
   * @throws CollectorException when the kernel refuses
   */
  void loadRest() {
    try {
      programs.loadRest();
    } catch (BpfException e) {
      throw refused(e);
    }
  }

  private static CollectorException refused(BpfException e) {
    return new CollectorException(
        "the kernel refused the tracing programs: "
            + e.getMessage()
            + "; run as root (or with CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE) on Linux 5.15 or"
            + " later with BTF; `pgstitch doctor` says what is missing",
        e);
  }

  @Override
  public void close() {
    programs.close();
  }
}
