package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.cli.Launcher.Outcome;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every statement of pgbench is traced once: pg_stat_statements is the judge. */
class PgbenchIT {
  private static final long CLIENTS = 8;
  private static final long TRANSACTIONS = CLIENTS * 2000;

  @TempDir private Path dir;

  @ParameterizedTest
  @CsvSource({"15, simple", "15, extended", "15, prepared", "13, extended", "18, prepared"})
  void tracesExactlyWhatTheServerCounted(int major, String mode) throws Exception {
    compare(major, mode);
  }

  /** What is left of all modes on the oldest, the middle and the newest major. */
  @ParameterizedTest
  @Tag("soak")
  @CsvSource({"13, simple", "13, prepared", "18, simple", "18, extended"})
  void tracesExactlyWhatTheServerCountedInTheOtherModes(int major, String mode) throws Exception {
    compare(major, mode);
  }

  private void compare(int major, String mode) throws Exception {
    try (ThrowawayPostgres server =
        ThrowawayPostgres.builder(PostgresInstallations.ofMajor(major))
            .preload("pg_stat_statements")
            .start()) {
      server.client().sql("create extension pg_stat_statements");
      server.client().pgbench("-i", "-q", "-s", "8", "postgres");
      long counted;
      long countedUtility;
      Outcome outcome;
      try (RunningUp up = RunningUp.start(dir, "--pid", String.valueOf(server.postmasterPid()))) {
        server.client().sql("select pg_stat_statements_reset()");
        server.client().pgbench("-n", "-M", mode, "-c", "8", "-t", "2000", "postgres");
        counted = calls(server, "not like all ('{BEGIN%,END%,%pg_stat_statements%}')");
        countedUtility = calls(server, "like any ('{BEGIN%,END%}')");
        outcome = up.stop();
      }
      assertThat(outcome.status()).as(outcome.out() + outcome.err()).isZero();
      ExportedTraces traces = ExportedTraces.read(dir.resolve("out/spans.jsonl"));
      Map<String, Long> executed = traces.executedByCommand("pgbench");
      long utility = executed.remove("BEGIN") + executed.remove("COMMIT");
      assertThat(executed.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(counted);
      // From 14 on pg_stat_statements clears the query id in the cached plan of a prepared utility
      // statement, and then counts only its first execution in each session. Pgbench says itself
      // that it ran all.
      boolean judgeIsBlind = mode.equals("prepared") && major >= 14;
      assertThat(countedUtility).isEqualTo(judgeIsBlind ? 2 * CLIENTS : 2 * TRANSACTIONS);
      assertThat(utility).isEqualTo(2 * TRANSACTIONS);
      assertThat(traces.doubled()).isEmpty();
      assertThat(traces.incomplete()).isEmpty();
      assertThat(traces.notNested()).isEmpty();
      TraceFiles.validate(dir.resolve("out/traces"));
    }
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
