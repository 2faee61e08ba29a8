package io.pgstitch.collector.probe;

import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.bpf.WorkerConfig;
import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.postgres.BindLayout;
import io.pgstitch.collector.postgres.DataType;
import io.pgstitch.collector.postgres.DataTypes;
import io.pgstitch.collector.postgres.PostgresFacts;

/** Tells the kernel programs what lies where in one binary. */
public final class BinaryDescriber {
  private final KernelPrograms programs;
  private final int bindBytes;
  private final int background;

  /**
   * @param bindBytes bytes of a bind value that are read at most
   * @param background kinds of processes without a client that are traced, as {@link WorkerConfig}
   *     has them
   */
  public BinaryDescriber(KernelPrograms programs, int bindBytes, int background) {
    this.programs = programs;
    this.bindBytes = bindBytes;
    this.background = background;
  }

  /**
   * Tells all that is known.
   *
   * @param attachedNanos CLOCK_MONOTONIC when its probes were planted
   */
  void describe(int index, ElfFile elf, PostgresFacts facts, long attachedNanos) {
    programs.binaries().putCode(index, CodeFacts.of(elf).layout());
    programs.binaries().putControlLayout(index, ControlFacts.of(elf, facts));
    programs
        .binaries()
        .putBindLayout(index, BindLayout.of(facts.major(), facts.source()).words(bindBytes));
    for (DataType type : DataTypes.of(facts.major()).all()) {
      programs.binaries().putBindType(index, type.oid(), type.length(), type.byValue());
    }
    PlanProbes.tell(programs, index, elf, facts, true);
    programs.binaries().putTargets(index, TargetFacts.of(elf, facts));
    programs.binaries().putWorkers(index, WorkerFacts.of(elf, facts, background));
    programs.binaries().putLayoutChecks(index, CheckFacts.words(elf, facts));
    programs.binaries().putBinary(index, BinaryFacts.of(elf, facts, attachedNanos));
  }

  /**
   * All probes of a binary that was described are planted now.
   *
   * @param withLayout whether it was described with what needs a struct
   * @param attachedNanos CLOCK_MONOTONIC
   */
  void planted(
      int index, ElfFile elf, PostgresFacts facts, boolean withLayout, long attachedNanos) {
    programs
        .binaries()
        .putBinary(
            index,
            withLayout
                ? BinaryFacts.of(elf, facts, attachedNanos)
                : BinaryFacts.withoutLayout(elf, facts, attachedNanos));
  }

  /** Tells what is true of any build: nothing that needs a struct is read any more. */
  void describeWithoutLayout(int index, ElfFile elf, PostgresFacts facts, long attachedNanos) {
    programs.binaries().putCode(index, CodeFacts.of(elf).layout());
    programs.binaries().putBinary(index, BinaryFacts.withoutLayout(elf, facts, attachedNanos));
    programs.binaries().putControlLayout(index, ControlFacts.withoutLayout(elf, facts));
    programs.binaries().putBindLayout(index, BindLayout.noWords());
    programs.binaries().putWorkers(index, WorkerConfig.NONE);
    programs.binaries().putLayoutChecks(index, CheckFacts.nothingKnown());
    PlanProbes.tell(programs, index, elf, facts, false);
  }
}
