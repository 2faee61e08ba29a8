package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.bpf.RunCounts;
import io.pgstitch.collector.host.BackendMemory;
import io.pgstitch.collector.host.BackendProbe;
import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.host.Procfs;
import io.pgstitch.schema.FunctionEntry;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.StatementEntry;
import io.pgstitch.testkit.InstallationCopy;
import io.pgstitch.testkit.PostgresInstallations;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a level costs, as the kernel counts it: runs of programs, which are the traps that
 * statements take. Each server runs a binary of its own, which no other server on the host shares.
 */
@Tag("alone")
final class PlantingIT {
  private static final int BREAKPOINT = 0xcc;
  private static final int TIMES = 20;

  /** Of the function tier, which no other collector on the host is likely to plant. */
  private static final String FAR = "XLogFlush";

  private static final String RUN = "standard_ExecutorRun";

  private static final List<String> QUERIES =
      List.of(
          "select count(*) from t",
          "insert into t values (1)",
          "update t set a = 2",
          "delete from t",
          "select 1");

  @TempDir Path dir;

  private TracedServer traced(InstallationCopy binary) {
    TracedServer traced =
        new TracedServer(dir, binary.installation(), b -> b.setting("autovacuum", "off"));
    // Nothing is planted in the binaries of other servers of the host, whose hits would count.
    traced.set("pids", String.valueOf(traced.server().postmasterPid()));
    return traced;
  }

  /** What statements cost: how often each program ran. */
  private static Map<String, Long> cost(
      RunCounts counts, SqlSession session, String... statements) {
    Map<String, Long> before = counts.functionRuns();
    for (int i = 0; i < TIMES; i++) {
      for (String sql : statements) {
        session.run(sql);
      }
    }
    Map<String, Long> cost = new TreeMap<>();
    counts
        .functionRuns()
        .forEach(
            (program, runs) -> {
              if (runs > before.get(program)) {
                cost.put(program, runs - before.get(program));
              }
            });
    return cost;
  }

  private static long sum(Map<String, Long> cost) {
    return cost.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Two reports of activity, entry and return of one executor function, the command's end. */
  private static Map<String, Long> five(String entry, String exit, long statements) {
    return Map.of(
        "on_activity",
        2 * statements,
        entry,
        statements,
        exit,
        statements,
        "on_command_end",
        statements);
  }

  private static void takesFiveTraps(RunCounts counts, SqlSession session) {
    for (String sql : QUERIES) {
      // A relation's first use by a session builds its cache entry, which is a hit of its own.
      session.run(sql);
      assertThat(cost(counts, session, sql))
          .as(sql)
          .isEqualTo(five("on_executor_run", "on_executor_run_exit", TIMES));
    }
    // The command's two, and those of the run inside it.
    assertThat(sum(cost(counts, session, "execute p"))).isEqualTo(7L * TIMES);
    assertThat(cost(counts, session, "listen channel"))
        .isEqualTo(five("on_utility", "on_utility_exit", TIMES));
    assertThat(cost(counts, session, "begin", "commit"))
        .isEqualTo(five("on_utility", "on_utility_exit", 2 * TIMES));
  }

  /** First byte of a function, as the process has it in its memory. */
  private static int firstByte(int pid, Path binary, String function) {
    try {
      ElfFile elf = ElfFile.read(binary);
      try (BackendMemory memory =
          new BackendProbe(Procfs.system()).memory(pid, elf).orElseThrow()) {
        return (int) memory.pointer(function) & 0xff;
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What is planted for waits and binds of statements is level 1's, and what these never reach. */
  @ParameterizedTest
  @ValueSource(ints = {13, 14, 15, 16, 17, 18})
  void waitsAndBindsOfStatementsTakeFiveTrapsAsLevelOneDoes(int major) {
    try (InstallationCopy binary = InstallationCopy.of(PostgresInstallations.ofMajor(major));
        TracedServer traced = traced(binary)) {
      traced.set("level", "12");
      traced.set("detail", "statements");
      Collector collector = traced.collect();
      try (SqlSession session = new SqlSession(traced.server());
          RunCounts counts = collector.countRuns()) {
        session.run("create table t(a int)");
        session.run("prepare p as select count(*) from t");
        takesFiveTraps(counts, session);
        session.run("set pgstitch.level = 1");
        takesFiveTraps(counts, session);
        session.run("set pgstitch.level = 28");
        Patience.until(
            "all of its own", () -> sum(cost(counts, session, "select 1")) >= 23L * TIMES);
        session.run("reset pgstitch.level");
        Patience.until(
            "none of its own", () -> sum(cost(counts, session, "select 1")) == 5L * TIMES);
      }
      List<RawEventBatch> batches = traced.batches();
      assertThat(functionsAt(batches, 28)).contains("standard_planner", "PortalStart");
      assertThat(functionsAt(batches, 12)).containsOnly(RUN, "standard_ProcessUtility");
    }
  }

  /** The level of all and a session's own may be the same: its own has all detail. */
  @ParameterizedTest
  @ValueSource(ints = {13, 14, 15, 16, 17, 18})
  void aLevelOfItsOwnBringsASessionAllDetailAndNoneToItsNeighbours(int major) {
    try (InstallationCopy binary = InstallationCopy.of(PostgresInstallations.ofMajor(major));
        TracedServer traced = traced(binary)) {
      traced.set("level", "12");
      traced.set("detail", "statements");
      Collector collector = traced.collect();
      try (SqlSession neighbour = new SqlSession(traced.server());
          SqlSession session = new SqlSession(traced.server());
          RunCounts counts = collector.countRuns()) {
        neighbour.run("create table t(a int)");
        neighbour.run("prepare p as select count(*) from t");
        session.run("prepare p as select count(*) from t");
        takesFiveTraps(counts, session);
        session.run("set pgstitch.level = 12");
        untilTraps(counts, session, 23);
        takesFiveTraps(counts, neighbour);
        session.run("begin");
        session.run("set local pgstitch.level = 1");
        session.run("commit");
        assertThat(sum(cost(counts, session, "select 1"))).isEqualTo(23L * TIMES);
        session.run("reset pgstitch.level");
        untilTraps(counts, session, 5);
        collector.switchSession(session.pid(), 12, false);
        session.run("select 'switched'");
        untilTraps(counts, session, 23);
        takesFiveTraps(counts, neighbour);
      }
      assertThat(functionsAt(traced.batches(), 12)).contains("standard_planner", "PortalRun");
    }
  }

  private static void untilTraps(RunCounts counts, SqlSession session, long each) {
    Patience.until(each + " traps", () -> sum(cost(counts, session, "select 1")) == each * TIMES);
  }

  @Test
  void levelZeroTakesNoneUntilASessionSwitchesItselfAndNoneAgainAfterwards() {
    try (InstallationCopy binary = InstallationCopy.of(PostgresInstallations.ofMajor(15));
        TracedServer traced = traced(binary)) {
      traced.set("level", "0");
      Collector collector = traced.collect();
      try (SqlSession session = new SqlSession(traced.server());
          RunCounts counts = collector.countRuns()) {
        session.run("create table t(a int)");
        assertThat(QUERIES).allMatch(sql -> cost(counts, session, sql).isEmpty());
        session.run("set pgstitch.level = 1");
        Patience.until(
            "probes of its own", () -> sum(cost(counts, session, "select 1")) == 5L * TIMES);
        session.run("select 'seen'");
        session.run("set pgstitch.level = 0");
        Patience.until("none", () -> cost(counts, session, "select 1").isEmpty());
        session.run("select 'not seen'");
        assertThat(collector.controlStatus().ownProbes()).isZero();
      }
      assertThat(Batches.messages(traced.batches()))
          .contains("select 'seen'")
          .doesNotContain("select 'not seen'");
    }
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void callsWithoutPhasesTakeTwelveUntilALevelAsksForThem(int major) {
    try (InstallationCopy binary = InstallationCopy.of(PostgresInstallations.ofMajor(major));
        TracedServer traced = traced(binary)) {
      traced.set("level", "12");
      traced.set("detail", "calls");
      Collector collector = traced.collect();
      try (SqlSession session = new SqlSession(traced.server());
          RunCounts counts = collector.countRuns()) {
        session.run("select 1");
        assertThat(sum(cost(counts, session, "select 1"))).isEqualTo(12L * TIMES);
        session.run("set pgstitch.level = 28");
        Patience.until(
            "phases of its own", () -> sum(cost(counts, session, "select 1")) >= 22L * TIMES);
        session.run("reset pgstitch.level");
        Patience.until(
            "none of its own", () -> sum(cost(counts, session, "select 1")) == 12L * TIMES);
      }
      assertThat(functionsAt(traced.batches(), 28)).contains("standard_planner");
      assertThat(functionsAt(traced.batches(), 12)).contains("PortalRun");
    }
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void aNeighbourOfADetailedSessionPaysNothingForIt(int major) {
    try (InstallationCopy binary = InstallationCopy.of(PostgresInstallations.ofMajor(major));
        TracedServer traced = traced(binary)) {
      traced.set("level", "1");
      Collector collector = traced.collect();
      Path executable = binary.installation().postgres();
      try (SqlSession neighbour = new SqlSession(traced.server());
          SqlSession detailed = new SqlSession(traced.server());
          RunCounts counts = collector.countRuns()) {
        neighbour.run("create table t(a int)");
        neighbour.run("prepare p as select count(*) from t");
        detailed.run("prepare p as select count(*) from t");
        detailed.run("set pgstitch.level = 12");
        // Entry and return of parse, analysis, planning, and of the portal's and the executor's
        // parts.
        Patience.until(
            "23 traps of the detailed session",
            () -> sum(cost(counts, detailed, "select 1")) == 23L * TIMES);
        detailed.run("set pgstitch.functions = on");
        Patience.until(
            "breakpoints in the detailed session",
            () -> firstByte(detailed.pid(), executable, FAR) == BREAKPOINT);
        assertThat(firstByte(neighbour.pid(), executable, FAR)).isNotEqualTo(BREAKPOINT);
        takesFiveTraps(counts, neighbour);
        assertThat(sum(cost(counts, detailed, "select 1"))).isGreaterThan(20L * TIMES);
        detailed.run("reset pgstitch.functions");
        detailed.run("reset pgstitch.level");
        Patience.until(
            "no breakpoint", () -> firstByte(detailed.pid(), executable, FAR) != BREAKPOINT);
        Patience.until(
            "no probes of its own", () -> sum(cost(counts, detailed, "select 1")) == 5L * TIMES);
        assertThat(collector.controlStatus().ownProbes()).isZero();
        takesFiveTraps(counts, detailed);
      }
      assertThat(functionsAt(traced.batches(), 12))
          .contains("standard_planner", "PortalRun", "pg_plan_query");
    }
  }

  private static Stream<String> functionsAt(List<RawEventBatch> batches, int level) {
    return batches.stream()
        .filter(b -> b.getLevel() == level)
        .flatMap(
            b ->
                b.getEvents().stream()
                    .filter(e -> e instanceof FunctionEntry || e instanceof StatementEntry)
                    .map(
                        e ->
                            e instanceof FunctionEntry f
                                ? f.getFunction()
                                : ((StatementEntry) e).getFunction())
                    .map(b.getStrings()::get));
  }

  @Test
  void aBackendThatIsNamedAloneLeavesItsNeighboursAlone() {
    try (InstallationCopy binary = InstallationCopy.of(PostgresInstallations.ofMajor(15));
        TracedServer traced = traced(binary);
        SqlSession wanted = new SqlSession(traced.server());
        SqlSession neighbour = new SqlSession(traced.server())) {
      traced.set("pids", String.valueOf(wanted.pid()));
      traced.set("functions", "true");
      Collector collector = traced.collect();
      try (RunCounts counts = collector.countRuns()) {
        assertThat(cost(counts, neighbour, "select 'other'")).isEmpty();
        assertThat(sum(cost(counts, wanted, "select 'wanted'"))).isGreaterThan(5L * TIMES);
        Path executable = binary.installation().postgres();
        assertThat(firstByte(wanted.pid(), executable, FAR)).isEqualTo(BREAKPOINT);
        assertThat(firstByte(neighbour.pid(), executable, FAR)).isNotEqualTo(BREAKPOINT);
      }
      assertThat(Batches.messages(traced.batches())).containsOnly("select 'wanted'");
    }
  }
}
