package io.pgstitch.collector.probe;

import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.postgres.BindLayout;
import io.pgstitch.collector.postgres.DataType;
import io.pgstitch.collector.postgres.DataTypes;
import io.pgstitch.collector.postgres.PostgresFacts;

/** Tells the kernel programs what lies where in one binary. */
final class BinaryDescriber {
  private final KernelPrograms programs;
  private final int bindBytes;

  /**
   * @param bindBytes bytes of a bind value that are read at most
   */
  BinaryDescriber(KernelPrograms programs, int bindBytes) {
    this.programs = programs;
    this.bindBytes = bindBytes;
  }

  /**
   * Tells all that is known.
   *
   * @param attachedNanos CLOCK_MONOTONIC when its probes were planted
   */
  void describe(int index, ElfFile elf, PostgresFacts facts, long attachedNanos) {
    programs.putControlLayout(index, ControlFacts.of(elf, facts));
    programs.putBindLayout(index, BindLayout.of(facts.major(), facts.source()).words(bindBytes));
    for (DataType type : DataTypes.of(facts.major()).all()) {
      programs.putBindType(index, type.oid(), type.length(), type.byValue());
    }
    PlanProbes.tell(programs, index, elf, facts, true);
    programs.putTargets(index, TargetFacts.of(elf, facts));
    programs.putLayoutChecks(index, CheckFacts.words(elf, facts));
    programs.putBinary(index, BinaryFacts.of(elf, facts, attachedNanos));
  }

  /** Tells what is true of any build: nothing that needs a struct is read any more. */
  void describeWithoutLayout(int index, ElfFile elf, PostgresFacts facts, long attachedNanos) {
    programs.putBinary(index, BinaryFacts.withoutLayout(elf, facts, attachedNanos));
    programs.putControlLayout(index, ControlFacts.withoutLayout(elf, facts));
    programs.putBindLayout(index, BindLayout.noWords());
    programs.putLayoutChecks(index, CheckFacts.nothingKnown());
    PlanProbes.tell(programs, index, elf, facts, false);
  }
}
