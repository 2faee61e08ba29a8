package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.cli.Launcher.Outcome;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Autovacuum workers of a real server: traced when asked for, with the blocks of the server's log.
 */
class AutovacuumIT {
  private static final Pattern USAGE =
      Pattern.compile("buffer usage: (\\d+) hits, (\\d+) (?:misses|reads), (\\d+) dirtied");

  @TempDir private Path dir;

  @ParameterizedTest
  @ValueSource(ints = 18) // it waits a minute for the launcher
  void autovacuumIsTracedWhenItIsAskedFor(int major) throws Exception {
    Matcher logged;
    try (ThrowawayPostgres server =
        ThrowawayPostgres.builder(PostgresInstallations.ofMajor(major))
            .setting("autovacuum_naptime", "1s")
            .setting("autovacuum_vacuum_threshold", "10")
            .setting("autovacuum_vacuum_scale_factor", "0")
            .setting("autovacuum_analyze_threshold", "1000000000")
            .setting("log_autovacuum_min_duration", "0")
            .start()) {
      create(server, "unasked");
      try (RunningUp up = up(server, "none")) {
        vacuumed(server, "unasked");
        Outcome outcome = up.stop();
        assertThat(outcome.status()).as(outcome.out() + outcome.err()).isZero();
      }
      create(server, "asked");
      try (RunningUp up = up(server, "autovacuum")) {
        vacuumed(server, "asked");
        logged = logged(server, "asked");
        Outcome outcome = up.stop();
        assertThat(outcome.status()).as(outcome.out() + outcome.err()).isZero();
      }
    }
    ExportedTraces traces = ExportedTraces.read(dir.resolve("out/spans.jsonl"));
    assertThat(traces.roots())
        .noneMatch(root -> root.statement().startsWith("autovacuum: VACUUM public.unasked"));
    assertThat(traces.doubled()).isEmpty();
    assertThat(traces.notNested()).isEmpty();
    List<ExportedSpan> trace = traces.trace("autovacuum: VACUUM public.asked");
    ExportedSpan root = trace.stream().filter(ExportedSpan::isRoot).findFirst().orElseThrow();
    assertThat(root.name()).isEqualTo("autovacuum worker");
    assertThat(root.attributes())
        .containsEntry("pgstitch.backend.type", "autovacuum worker")
        .containsEntry("pgstitch.executed", "false")
        .containsEntry("pgstitch.close_reason", "COMPLETED");
    ExportedSpan vacuum =
        trace.stream().filter(s -> s.name().equals("heap_vacuum_rel")).findFirst().orElseThrow();
    long hits = Long.parseLong(logged.group(1));
    if (major >= 15) {
      assertThat(number(vacuum, "shared_hit")).isEqualTo(hits);
    } else {
      // Up to 14 the server counts from a little earlier on, where it opens the table.
      assertThat(hits).isBetween(number(vacuum, "shared_hit"), number(root, "shared_hit"));
    }
    assertThat(number(vacuum, "shared_read")).isEqualTo(Long.parseLong(logged.group(2)));
    assertThat(number(vacuum, "shared_dirtied")).isEqualTo(Long.parseLong(logged.group(3)));
    TraceFiles.validate(dir.resolve("out/traces"));
  }

  private static long number(ExportedSpan span, String buffers) {
    return Long.parseLong(span.attributes().getOrDefault("pgstitch.buffers." + buffers, "0"));
  }

  private RunningUp up(ThrowawayPostgres server, String background) throws Exception {
    return RunningUp.start(
        dir,
        "--pid",
        String.valueOf(server.postmasterPid()),
        "--functions",
        "--background",
        background);
  }

  /** A table with dead rows; not vacuumed before it is asked for, by its own setting. */
  private static void create(ThrowawayPostgres server, String table) {
    server
        .client()
        .psql(
            "-c",
            "create table %s (a int primary key, b text) with (autovacuum_enabled = off)"
                .formatted(table),
            "-c",
            "insert into %s select g, repeat('x', 300) from generate_series(1, 5000) g"
                .formatted(table),
            "-c",
            "delete from %s where a %% 3 = 0".formatted(table));
  }

  private static void vacuumed(ThrowawayPostgres server, String table) throws Exception {
    server.client().sql("alter table %s set (autovacuum_enabled = on)".formatted(table));
    // The launcher may have found no database worth its while so far, and sleep for long.
    server.client().sql("select pg_reload_conf()");
    String count =
        "select autovacuum_count from pg_stat_user_tables where relname = '%s'".formatted(table);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
    while (!server.client().sql(count).equals("1")) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("no autovacuum of " + table);
      }
      TimeUnit.MILLISECONDS.sleep(200);
    }
    // The worker ends with its work.
    String running =
        "select count(*) from pg_stat_activity where backend_type = 'autovacuum worker'";
    while (!server.client().sql(running).equals("0")) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private static Matcher logged(ThrowawayPostgres server, String table) throws IOException {
    String log = Files.readString(server.logFile());
    int at = log.indexOf("automatic vacuum of table \"postgres.public." + table + "\"");
    Matcher usage = USAGE.matcher(log);
    assertThat(usage.find(at)).as(log).isTrue();
    return usage;
  }
}
