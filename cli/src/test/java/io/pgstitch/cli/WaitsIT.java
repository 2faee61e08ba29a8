package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import io.pgstitch.testkit.TimedSleep;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Waits are as long, and as many, as they truly were. */
class WaitsIT {
  @TempDir private Path dir;

  private static ThrowawayPostgres server(int major) {
    ThrowawayPostgres.Builder builder =
        ThrowawayPostgres.builder(PostgresInstallations.ofMajor(major))
            .setting("shared_buffers", "16MB");
    // 18 lets worker processes read by default; a statement then waits for them, not for the file.
    return (major >= 18 ? builder.setting("io_method", "sync") : builder).start();
  }

  private RunningUp up(ThrowawayPostgres server) throws Exception {
    return RunningUp.start(dir, "--pid", String.valueOf(server.postmasterPid()));
  }

  private static List<ExportedSpan> waits(List<ExportedSpan> trace, String event) {
    return trace.stream().filter(s -> s.isWait() && s.name().equals(event)).toList();
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void aSleepIsOneWaitInsideItsCall(int major) throws Exception {
    try (ThrowawayPostgres server = server(major);
        RunningUp up = up(server)) {
      long between = TimedSleep.nanosMeasuredBy(server.client());
      assertThat(up.stop().status()).isZero();
      ExportedTraces traces = ExportedTraces.read(dir.resolve("out/spans.jsonl"));
      List<ExportedSpan> trace = traces.trace(TimedSleep.TEXT);
      List<ExportedSpan> sleeps =
          waits(trace, "PgSleep").stream()
              .filter(s -> s.durationNanos() >= TimedSleep.LONG_NANOS)
              .toList();
      assertThat(sleeps).hasSize(1);
      assertThat(sleeps.get(0).attributes()).containsEntry("pgstitch.wait.class", "Timeout");
      assertThat(sleeps.get(0).durationNanos()).isBetween(TimedSleep.NANOS, between);
      assertThat(trace)
          .filteredOn(s -> "FETCH".equals(s.attributes().get("pgstitch.kind")))
          .singleElement()
          .matches(
              f ->
                  f.startNanos() <= sleeps.get(0).startNanos()
                      && f.endNanos() >= sleeps.get(0).endNanos());
      assertThat(traces.notNested()).isEmpty();
      assertThat(TraceFiles.validate(dir.resolve("out/traces")).lines("WAIT #"))
          .filteredOn(l -> l.contains("nam='PgSleep'"))
          .hasSameSizeAs(waits(trace, "PgSleep"));
    }
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void aLockIsOneWaitAlthoughTheDeadlockCheckWakesTheWaiter(int major) throws Exception {
    String update = "update t set a = 2";
    try (ThrowawayPostgres server = server(major)) {
      server.client().sql("create table t as select 1 as a");
      try (RunningUp up = up(server);
          Connection holder = DriverManager.getConnection(server.jdbcUrl("postgres"));
          Connection waiter = DriverManager.getConnection(server.jdbcUrl("postgres"));
          Connection watcher = DriverManager.getConnection(server.jdbcUrl("postgres"))) {
        String holderPid = ask(holder, "select pg_backend_pid()");
        holder.setAutoCommit(false);
        holder.createStatement().execute("update t set a = 1");
        long sent = System.nanoTime();
        CompletableFuture<Void> blocked = CompletableFuture.runAsync(() -> execute(waiter, update));
        while (!someoneWaits(watcher)) {
          TimeUnit.MILLISECONDS.sleep(1);
        }
        long seen = System.nanoTime();
        TimeUnit.MILLISECONDS.sleep(2000);
        long released = System.nanoTime();
        holder.commit();
        blocked.get(10, TimeUnit.SECONDS);
        long done = System.nanoTime();
        assertThat(up.stop().status()).isZero();
        List<ExportedSpan> locks =
            ExportedTraces.read(dir.resolve("out/spans.jsonl")).trace(update).stream()
                .filter(s -> "Lock".equals(s.attributes().get("pgstitch.wait.class")))
                .toList();
        assertThat(locks).hasSize(1);
        assertThat(locks.get(0).name()).isEqualTo("transactionid");
        assertThat(locks.get(0).attributes())
            .containsEntry("pgstitch.lock.type", "transactionid")
            .containsEntry("pgstitch.lock.mode_name", "ShareLock")
            .containsEntry("pgstitch.lock.holders", holderPid);
        // It waited at most from when its statement was sent until that was done, and at least from
        // when it was seen to wait until the commit was sent; it stands in pg_locks a little before
        // it sleeps.
        assertThat(locks.get(0).durationNanos())
            .isBetween(released - seen - 50_000_000L, done - sent);
        assertThat(TraceFiles.validate(dir.resolve("out/traces")).lines("*** LOCK: "))
            .contains("*** LOCK: type=transactionid mode=ShareLock holders=" + holderPid);
      }
    }
  }

  private static boolean someoneWaits(Connection watcher) throws SQLException {
    try (Statement statement = watcher.createStatement();
        ResultSet locks =
            statement.executeQuery("select exists (select from pg_locks where not granted)")) {
      return locks.next() && locks.getBoolean(1);
    }
  }

  private static String ask(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }

  private static void execute(Connection connection, String sql) {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void blocksReadAreThoseThatExplainCounts(int major) throws Exception {
    String explain =
        "explain (analyze, buffers, costs off, timing off, summary off) select count(*) from big";
    try (ThrowawayPostgres server = server(major)) {
      server
          .client()
          .sql(
              "create table big as select g, repeat('x', 800) as filler from generate_series(1, 60000) g");
      server.client().sql("vacuum full big");
      server.client().sql("alter table big set (parallel_workers = 0)");
      server.restart();
      // The catalogs' blocks are read here, so that the statement reads the table alone.
      server
          .client()
          .sql(explain.replace("analyze, buffers, ", "").replace(", timing off, summary off", ""));
      try (RunningUp up = up(server)) {
        String plan = server.client().sql(explain);
        String oid = server.client().sql("select 'big'::regclass::oid");
        String file = server.client().sql("select pg_relation_filenode('big')");
        assertThat(up.stop().status()).isZero();
        long read = blocksRead(plan);
        List<ExportedSpan> waits =
            waits(
                ExportedTraces.read(dir.resolve("out/spans.jsonl")).trace(explain), "DataFileRead");
        long waited =
            waits.stream()
                .mapToLong(w -> Long.parseLong(w.attributes().get("pgstitch.io.bytes")) / 8192)
                .sum();
        assertThat(read).isGreaterThan(6000);
        assertThat((double) waited / read).isBetween(0.995, 1.005);
        List<String> lines = TraceFiles.validate(dir.resolve("out/traces")).lines("WAIT #");
        List<ExportedSpan> ofBig =
            waits.stream()
                .filter(w -> file.equals(w.attributes().get("pgstitch.io.relfilenode")))
                .toList();
        assertThat(ofBig)
            .hasSizeGreaterThan(waits.size() * 99 / 100)
            .allMatch(w -> oid.equals(w.attributes().get("pgstitch.io.relation_oid")))
            .allMatch(w -> "big".equals(w.attributes().get("pgstitch.io.relation")));
        assertThat(lines)
            .filteredOn(l -> l.contains("nam='DataFileRead'") && l.contains("file#=" + file + " "))
            .hasSize(ofBig.size())
            .allMatch(l -> l.matches(".* block#=\\d+ blocks=\\d+ obj#=" + oid + " tim=\\d+"));
      }
    }
  }

  @Test
  void anErrorHasTheClientsWordsInSpansAndTrace() throws Exception {
    String caught =
        "do $$ begin begin insert into u values (1); exception when others then null; end; end $$";
    try (ThrowawayPostgres server = server(15)) {
      server.client().sql("create table u (a int primary key); insert into u values (1)");
      try (RunningUp up = up(server)) {
        server
            .client()
            .psql("-v", "ON_ERROR_STOP=0", "-c", "select 1/0", "-c", caught, "-c", "select 'end'");
        assertThat(up.stop().status()).isZero();
        ExportedTraces traces = ExportedTraces.read(dir.resolve("out/spans.jsonl"));
        assertThat(traces.trace("select 1/0").stream().filter(s -> s.parentSpanId().isEmpty()))
            .singleElement()
            .matches(s -> "22012".equals(s.attributes().get("db.response.status_code")))
            .matches(s -> "division by zero".equals(s.attributes().get("pgstitch.error.message")));
        assertThat(
                traces.trace(caught).stream()
                    .filter(s -> "STATEMENT".equals(s.attributes().get("pgstitch.kind")))
                    .map(s -> s.statement() + " " + s.attributes().get("db.response.status_code")))
            .containsExactlyInAnyOrder("insert into u values (1) 23505", caught + " null");
        assertThat(TraceFiles.validate(dir.resolve("out/traces")).lines("*** MESSAGE: "))
            .containsExactly("*** MESSAGE: division by zero");
      }
    }
  }

  /** The plan node's "read=N"; reads while planning stand under another heading. */
  private static long blocksRead(String plan) {
    String node =
        plan.substring(0, plan.contains("Planning:") ? plan.indexOf("Planning:") : plan.length());
    String read = node.replaceAll("(?s).*?read=(\\d+).*", "$1");
    return Long.parseLong(read);
  }
}
