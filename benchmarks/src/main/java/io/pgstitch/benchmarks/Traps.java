package io.pgstitch.benchmarks;

import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.bpf.RunCounts;
import java.util.function.LongSupplier;

/**
 * How many traps a statement takes, as the kernel counts the runs of programs. Counting costs a
 * little itself, so it is done apart from what is timed.
 */
final class Traps {
  /** Enough for what a session asks for beyond the others to be planted. */
  private static final int FEW = 6_000;

  private static final int MANY = 8_000;

  private final KernelPrograms programs;

  Traps(KernelPrograms programs) {
    this.programs = programs;
  }

  /**
   * Runs of programs for each statement of pgbench's select-only script.
   *
   * @param runs of the programs so far
   * @param options of its session
   */
  double ofSelect(Database database, String options, LongSupplier runs) {
    RunCounts counting = programs.countRuns();
    try {
      long few = runsFor(database, options, runs, FEW);
      long many = runsFor(database, options, runs, MANY);
      // What a session costs at its beginning and its end is in both.
      return (many - few) / (double) (MANY - FEW);
    } finally {
      counting.close();
    }
  }

  private static long runsFor(
      Database database, String options, LongSupplier runs, int transactions) {
    long before = runs.getAsLong();
    database
        .server()
        .client()
        .pgbench(
            "-n",
            "-S",
            "-c",
            "1",
            "-t",
            String.valueOf(transactions),
            "dbname=postgres application_name=bench_traps options='" + options + "'");
    return runs.getAsLong() - before;
  }
}
