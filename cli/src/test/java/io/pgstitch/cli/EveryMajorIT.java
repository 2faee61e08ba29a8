package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.cli.Launcher.Outcome;
import io.pgstitch.testkit.Majors;
import io.pgstitch.testkit.PostgresInstallation;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The same workload of real clients on every major: each statement once, and as it was. */
@Tag("alone")
class EveryMajorIT {
  private static final List<String> APPLICATIONS =
      Stream.concat(
              Arrays.stream(ClientWorkloads.APPLICATIONS), Stream.of(StatementKinds.APPLICATION))
          .toList();

  private static final List<String> PHASES =
      List.of(
          "parse_analyze", "standard_planner", "standard_ExecutorStart", "standard_ExecutorEnd");

  @TempDir private Path dir;

  static List<PostgresInstallation> installations() {
    return PostgresInstallations.all();
  }

  @ParameterizedTest
  @MethodSource("installations")
  void everyStatementIsTracedOnceAsTheServerCountsIt(PostgresInstallation installation)
      throws Exception {
    Traced traced = trace(installation);
    NestedStatementsCheck.check(traced.traces);
    traced.counted.compareWith(traced.traces, APPLICATIONS);
    traced.cpu.compareWith(traced.traces);
  }

  /** One major each, unless majors are asked for. */
  static Stream<Arguments> lessDetail() {
    if (System.getProperty("pgstitch.majors") == null) {
      return Stream.of(Arguments.of(13, "calls"), Arguments.of(18, "statements"));
    }
    return Majors.sampled()
        .boxed()
        .flatMap(m -> Stream.of(Arguments.of(m, "calls"), Arguments.of(m, "statements")));
  }

  /** Of what functions run, less is known then; decision 6 says what. */
  @ParameterizedTest
  @MethodSource("lessDetail")
  void withLessDetailTheClientsStatementsAreTheSame(int major, String detail) throws Exception {
    Traced traced =
        trace(PostgresInstallations.ofMajor(major), "--level", "12", "--detail", detail);
    traced.counted.compareWithoutPhases(traced.traces, APPLICATIONS);
    traced.cpu.compareWith(traced.traces);
    traced.scene.compareWith(traced.traces, traced.files);
    boolean calls = detail.equals("calls");
    assertThat(traced.traces.roots().stream().flatMap(r -> traced.traces.traceOf(r).stream()))
        .extracting(ExportedSpan::name)
        .doesNotContainAnyElementsOf(PHASES)
        .matches(names -> names.contains("PortalRun") == calls);
  }

  /** What was traced and is whole, and what the server and the system say of it. */
  private record Traced(
      ExportedTraces traces,
      TraceFiles files,
      ServerCounts counted,
      CpuCheck cpu,
      WaitsAndBindsScene scene) {}

  private Traced trace(PostgresInstallation installation, String... options) throws Exception {
    StatementLedger ledger = new StatementLedger();
    try (ThrowawayPostgres server =
        ThrowawayPostgres.builder(installation)
            .preload("pg_stat_statements")
            .setting("pg_stat_statements.track", "all")
            .setting("pg_stat_statements.track_utility", "off")
            .setting("max_prepared_transactions", "5")
            .setting("autovacuum", "off")
            .start()) {
      prepare(server);
      List<String> all = new ArrayList<>(List.of(options));
      all.addAll(List.of("--pid", String.valueOf(server.postmasterPid())));
      Outcome outcome;
      ServerCounts counted;
      CpuCheck cpu;
      WaitsAndBindsScene scene;
      try (RunningUp up = RunningUp.start(dir, all.toArray(String[]::new))) {
        ServerCounts.reset(server.jdbcUrl("postgres"));
        new ClientWorkloads(server, ledger).run(dir);
        StatementKinds.run(server.jdbcUrl("postgres"), ledger);
        counted = ServerCounts.read(server.jdbcUrl("postgres"));
        cpu = CpuCheck.run(server.jdbcUrl("postgres"));
        scene = WaitsAndBindsScene.play(server.jdbcUrl("postgres"));
        outcome = up.stop();
      }
      assertThat(outcome.status()).as(outcome.out() + outcome.err()).isZero();
      ExportedTraces traces = ExportedTraces.read(dir.resolve("out/spans.jsonl"));
      assertThat(traces.doubled()).isEmpty();
      assertThat(traces.incomplete()).isEmpty();
      assertThat(traces.notNested()).isEmpty();
      TraceFiles files = TraceFiles.validate(dir.resolve("out/traces"));
      ledger.compareWith(traces, APPLICATIONS);
      checkPortals(traces);
      return new Traced(traces, files, counted, cpu, scene);
    }
  }

  /** Each piece of a portal is a FETCH with its rows. */
  private static void checkPortals(ExportedTraces traces) {
    assertThat(fetched(traces, "select g from generate_series(1, 35) g"))
        .containsExactly("10", "10", "10", "5");
    assertThat(fetched(traces, "select g from generate_series(1, 45) g")).containsExactly("10");
  }

  private static List<String> fetched(ExportedTraces traces, String text) {
    return traces.trace(text).stream()
        .filter(s -> s.kind().equals("FETCH"))
        .sorted(Comparator.comparing(ExportedSpan::startNanos))
        .map(s -> s.attributes().get("pgstitch.rows"))
        .toList();
  }

  private static void prepare(ThrowawayPostgres server) throws Exception {
    ClientWorkloads.prepare(server);
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl("postgres"));
        Statement statement = connection.createStatement()) {
      statement.execute("create extension pg_stat_statements");
      for (String sql : StatementKinds.preparation()) {
        statement.execute(sql);
      }
      for (String sql : WaitsAndBindsScene.preparation()) {
        statement.execute(sql);
      }
    }
  }
}
