package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.cli.Launcher.Outcome;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every statement of pgbench is traced once: pg_stat_statements is the judge. */
class PgbenchIT {
  private static final List<String> MODES = List.of("simple", "extended", "prepared");
  private static final long CLIENTS = 8;

  /** Of each client; 2,000 with {@code --soak}. */
  private static final int EACH = Integer.getInteger("pgstitch.pgbench.transactions", 400);

  private static final long TRANSACTIONS = CLIENTS * EACH;

  @TempDir private Path dir;

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void tracesExactlyWhatTheServerCounted(int major) throws Exception {
    try (ThrowawayPostgres server =
        ThrowawayPostgres.builder(PostgresInstallations.ofMajor(major))
            .preload("pg_stat_statements")
            .start()) {
      server.client().sql("create extension pg_stat_statements");
      server.client().pgbench("-i", "-q", "-s", "8", "postgres");
      Map<String, Counted> counted = new LinkedHashMap<>();
      Outcome outcome;
      try (RunningUp up = RunningUp.start(dir, "--pid", String.valueOf(server.postmasterPid()))) {
        for (String mode : MODES) {
          counted.put(mode, run(server, mode));
        }
        outcome = up.stop();
      }
      assertThat(outcome.status()).as(outcome.out() + outcome.err()).isZero();
      ExportedTraces traces = ExportedTraces.read(dir.resolve("out/spans.jsonl"));
      for (String mode : MODES) {
        Map<String, Long> executed = traces.executedByCommand(application(mode));
        long utility = executed.remove("BEGIN") + executed.remove("COMMIT");
        assertThat(executed.values().stream().mapToLong(Long::longValue).sum())
            .as(mode)
            .isEqualTo(counted.get(mode).statements());
        // From 14 on pg_stat_statements clears the query id in the cached plan of a prepared
        // utility statement, and then counts only its first execution in each session. Pgbench says
        // itself that it ran all.
        boolean judgeIsBlind = mode.equals("prepared") && major >= 14;
        assertThat(counted.get(mode).utility())
            .as(mode)
            .isEqualTo(judgeIsBlind ? 2 * CLIENTS : 2 * TRANSACTIONS);
        assertThat(utility).as(mode).isEqualTo(2 * TRANSACTIONS);
      }
      assertThat(traces.doubled()).isEmpty();
      assertThat(traces.incomplete()).isEmpty();
      assertThat(traces.notNested()).isEmpty();
      TraceFiles.validate(dir.resolve("out/traces"));
    }
  }

  /**
   * What the server counted of one run.
   *
   * @param statements calls of statements with a plan
   * @param utility calls of BEGIN and END
   */
  private record Counted(long statements, long utility) {}

  private static Counted run(ThrowawayPostgres server, String mode) throws Exception {
    server.client().sql("select pg_stat_statements_reset()");
    server
        .client()
        .pgbench(
            "-n",
            "-M",
            mode,
            "-c",
            String.valueOf(CLIENTS),
            "-t",
            String.valueOf(EACH),
            "dbname=postgres application_name='" + application(mode) + "'");
    return new Counted(
        calls(server, "not like all ('{BEGIN%,END%,%pg_stat_statements%}')"),
        calls(server, "like any ('{BEGIN%,END%}')"));
  }

  private static String application(String mode) {
    return "pgbench " + mode;
  }

  /** Calls of the statements whose text is like, or not like, something. */
  private static long calls(ThrowawayPostgres server, String like) {
    String sum =
        server
            .client()
            .sql("select coalesce(sum(calls), 0) from pg_stat_statements where query " + like);
    return Long.parseLong(sum.trim());
  }
}
