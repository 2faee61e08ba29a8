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
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random statements, the detailed tier on: all identities hold, and the client sees the same with
 * tracing on and off. The seed is the same in each build, another each time under {@code
 * -Dpgstitch.random.seed=new}, as the long tests have it; it is printed, and {@code
 * -Dpgstitch.random.seed=N} repeats a run. {@code -Dpgstitch.majors=14,16,17} takes other majors.
 */
class RandomWorkloadIT {
  private static final int STATEMENTS = 600;

  @TempDir private Path dir;

  static List<PostgresInstallation> installations() {
    List<Integer> majors = Majors.sampled().boxed().toList();
    return PostgresInstallations.maven().stream().filter(i -> majors.contains(i.major())).toList();
  }

  @ParameterizedTest
  @MethodSource("installations")
  void keepsEveryIdentityAndChangesNoResult(PostgresInstallation installation) throws Exception {
    long seed = seed();
    System.out.println("random workload on " + installation + ": seed " + seed);
    String untraced;
    try (ThrowawayPostgres server = server(installation)) {
      untraced = RandomWorkload.run(server.jdbcUrl("postgres"), seed, STATEMENTS);
    }
    try (ThrowawayPostgres server = server(installation)) {
      Outcome outcome;
      String traced;
      try (RunningUp up =
          RunningUp.start(
              dir,
              "--pid",
              String.valueOf(server.postmasterPid()),
              "--level",
              "29",
              "--functions",
              "--function",
              "heap_update",
              "--function",
              "exec_simple_query")) {
        traced = RandomWorkload.run(server.jdbcUrl("postgres"), seed, STATEMENTS);
        outcome = up.stop();
      }
      assertThat(traced).as("results with and without tracing, seed " + seed).isEqualTo(untraced);
      assertThat(outcome.status()).as(outcome.out() + outcome.err()).isZero();
      ExportedTraces traces = ExportedTraces.read(dir.resolve("out/spans.jsonl"));
      assertThat(traces.doubled()).as("seed " + seed).isEmpty();
      assertThat(traces.incomplete()).as("seed " + seed).isEmpty();
      assertThat(traces.notNested()).as("seed " + seed).isEmpty();
      assertThat(traces.executedRoots(RandomWorkload.APPLICATION))
          .hasSizeGreaterThan(STATEMENTS / 2);
      TraceFiles.validate(dir.resolve("out/traces"));
    }
  }

  private static long seed() {
    String asked = System.getProperty("pgstitch.random.seed", "1");
    return asked.equals("new") ? System.nanoTime() : Long.parseLong(asked);
  }

  private static ThrowawayPostgres server(PostgresInstallation installation) throws Exception {
    ThrowawayPostgres server =
        ThrowawayPostgres.builder(installation).setting("autovacuum", "off").start();
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl("postgres"));
        Statement statement = connection.createStatement()) {
      for (String sql : RandomWorkload.preparation()) {
        statement.execute(sql);
      }
    }
    return server;
  }
}
