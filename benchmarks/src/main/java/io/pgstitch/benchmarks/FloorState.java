package io.pgstitch.benchmarks;

import io.pgstitch.bpf.Detail;
import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.bpf.RunCounts;
import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.host.FunctionSymbols;
import io.pgstitch.collector.probe.Probe;
import io.pgstitch.collector.probe.ProbeCatalogue;
import io.pgstitch.collector.probe.ProbePlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A program that does nothing stands wherever level 1 has one: what the traps cost by themselves.
 */
final class FloorState implements ServerState {
  private static final int LEVEL = 1;
  private static final String PROGRAM = "on_nothing";

  private final KernelPrograms programs;
  private final Database database;
  private final List<Load> loads;
  private final Traps traps;
  private final List<Double> counted = new ArrayList<>();

  FloorState(KernelPrograms programs, Database database, List<Load> loads, Traps traps) {
    this.programs = programs;
    this.database = database;
    this.loads = loads;
    this.traps = traps;
  }

  /** Traps of a select-only statement, each time they were counted. */
  List<Double> counted() {
    return counted;
  }

  @Override
  public String name() {
    return "floor";
  }

  @Override
  public Database database() {
    return database;
  }

  @Override
  public List<Load> loads() {
    return loads;
  }

  @Override
  public String optionsOfOne() {
    return "";
  }

  @Override
  public String optionsOfOthers() {
    return "";
  }

  @Override
  public AutoCloseable begin() throws IOException {
    FunctionSymbols functions =
        FunctionSymbols.of(ElfFile.read(database.executable()), Path.of("/"));
    ProbePlan plan =
        ProbePlan.of(
            functions, 0, ProbeCatalogue.load(), Probe.Tier.ofDefaultLevel(LEVEL, Detail.PHASES));
    List<Long> attached = new ArrayList<>();
    for (ProbePlan.Group group : plan.groups()) {
      attached.add(
          programs.attachFunctions(
              PROGRAM,
              database.executable().toString(),
              group.offsets(),
              group.cookies(),
              group.onReturn(),
              0));
    }
    return () -> programs.detach(attached);
  }

  @Override
  public void verify(Load load, long transactions) throws Exception {
    if (!load.equals(loads.get(0)) || !counted.isEmpty()) {
      return;
    }
    try (RunCounts counts = programs.countRuns()) {
      double each =
          traps.ofSelect(database, "", () -> counts.functionRuns().getOrDefault(PROGRAM, 0L));
      if (each <= 0) {
        throw new IllegalStateException("the floor was not in force: no trap was counted");
      }
      counted.add(each);
    }
  }
}
