package io.pgstitch.collector.probe;

import io.pgstitch.bpf.BpfException;
import io.pgstitch.bpf.KernelPrograms;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Plants the probes of a plan, in all processes that run an executable or in one of them. */
final class ProbePlanter {
  /** In place of a pid. */
  static final int ALL_PROCESSES = 0;

  /** ENOENT: the process through which the executable is reached has ended. */
  private static final int NO_SUCH_FILE = 2;

  /** ESRCH: so has the one in which the probes are planted. */
  private static final int NO_SUCH_PROCESS = 3;

  private final KernelPrograms programs;

  /**
   * What was planted.
   *
   * @param attachments to take away again
   * @param details how many functions of the detailed tier have their probes
   * @param missing functions that have none, with the reason
   */
  record Planted(List<Long> attachments, int details, List<MissingFunction> missing) {}

  ProbePlanter(KernelPrograms programs) {
    this.programs = programs;
  }

  /**
   * Plants what is needed, all or nothing, and of the detailed tier what the kernel takes.
   *
   * @throws BpfException when the kernel refuses a probe that is needed, or the process is gone;
   *     then nothing is planted
   */
  Planted plant(ProbePlan plan, Path executable, int pid) {
    List<Long> attachments = new ArrayList<>(plantAll(plan.groups(), executable, pid));
    List<MissingFunction> missing = new ArrayList<>(plan.missingOptional());
    try {
      int details = plantDetails(plan, executable, pid, attachments, missing);
      return new Planted(List.copyOf(attachments), details, List.copyOf(missing));
    } catch (BpfException e) {
      programs.detach(attachments);
      throw e;
    }
  }

  /**
   * All at once; where the kernel refuses a place, one function after the other. That the process
   * is gone says nothing of any function: another process may run the same binary.
   */
  private int plantDetails(
      ProbePlan plan,
      Path executable,
      int pid,
      List<Long> attachments,
      List<MissingFunction> missing) {
    try {
      attachments.addAll(plantAll(plan.detailGroups(), executable, pid));
      return plan.details().size();
    } catch (BpfException oneOfThem) {
      throwIfGone(oneOfThem);
      int planted = 0;
      for (ProbePlan.Detail detail : plan.details()) {
        try {
          attachments.addAll(plantAll(detail.groups(), executable, pid));
          planted++;
        } catch (BpfException e) {
          throwIfGone(e);
          missing.add(
              new MissingFunction(
                  detail.symbol(), "the kernel refuses a probe there: " + e.getMessage()));
        }
      }
      return planted;
    }
  }

  private static void throwIfGone(BpfException e) {
    if (e.errno() == NO_SUCH_FILE || e.errno() == NO_SUCH_PROCESS) {
      throw e;
    }
  }

  private List<Long> plantAll(List<ProbePlan.Group> groups, Path executable, int pid) {
    List<Long> attachments = new ArrayList<>();
    try {
      // Returns first: an entry that is seen has its return seen.
      for (boolean onReturn : new boolean[] {true, false}) {
        for (ProbePlan.Group group : groups) {
          if (group.onReturn() == onReturn) {
            attachments.add(
                programs.attachFunctions(
                    group.program(),
                    executable.toString(),
                    group.offsets(),
                    group.cookies(),
                    onReturn,
                    pid));
          }
        }
      }
      return attachments;
    } catch (BpfException e) {
      programs.detach(attachments);
      throw e;
    }
  }
}
