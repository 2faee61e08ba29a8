package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgstitch.bpf.HostClock;
import io.pgstitch.schema.Activity;
import io.pgstitch.schema.ActivityState;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.StatementEntry;
import io.pgstitch.schema.Wait;
import io.pgstitch.testkit.PostgresInstallations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Levels that are switched from SQL, by configuration and by an operator, seen by their effect. */
final class SettingsIT {
  private static final String MARK = "select 'mark ";

  @TempDir Path dir;

  private static void mark(SqlSession session, String name) {
    session.run(MARK + name + "'");
  }

  private static Map<String, Integer> marks(List<RawEventBatch> batches) {
    return Batches.levels(batches, MARK);
  }

  @ParameterizedTest
  @ValueSource(ints = {13, 14, 15, 16, 17, 18})
  void settingsActAtOnceAndAreTakenBackAsTheServerTakesThemBack(int major) {
    try (TracedServer traced =
        new TracedServer(dir, PostgresInstallations.ofMajor(major), b -> b)) {
      traced
          .server()
          .client()
          .sql(
              "create procedure undone() language plpgsql as"
                  + " $$ begin set pgstitch.level = 12; rollback; end $$;"
                  + "create procedure done() language plpgsql as"
                  + " $$ begin set pgstitch.level = 12; commit; end $$");
      traced.set("level", "1");
      Collector collector = traced.collect();
      try (SqlSession s = new SqlSession(traced.server())) {
        mark(s, "default");
        s.run("set pgstitch.level = 12");
        mark(s, "set");
        s.run("reset pgstitch.level");
        mark(s, "reset");
        s.run("begin");
        s.run("set local pgstitch.level to 4");
        mark(s, "local");
        s.run("commit");
        mark(s, "after local");
        s.run("begin");
        s.run("set pgstitch.level = 8");
        s.run("rollback");
        mark(s, "rolled back");
        s.run("begin; set pgstitch.level = 8; savepoint a; set local pgstitch.level = 12; commit");
        mark(s, "committed");
        s.run("begin");
        s.run("set pgstitch.level = 4");
        s.fail("select 1/0");
        s.run("commit");
        mark(s, "failed");
        s.fail("set pgstitch.level = 4; select 1/0");
        mark(s, "failed message");
        s.run("select set_config('pgstitch.level', '12', false)");
        mark(s, "function");
        s.run("select set_config('pgstitch.level', '4', true)");
        mark(s, "after local function");
        s.run("set pgstitch.level = 0");
        mark(s, "off");
        s.run("set PGSTITCH.LEVEL = '1'");
        mark(s, "on");
        s.run("set pgstitch.level = 99");
        s.run("set pgstitch.level = 'high'");
        s.run("set pgstitch.level = 2");
        mark(s, "invalid");
        s.run("set pgstitch.level = 12");
        s.run("discard all");
        mark(s, "discarded");
        s.run("call undone()");
        mark(s, "undone");
        s.run("call done()");
        mark(s, "done");
        s.run("begin; set pgstitch.level = 8; rollback and chain");
        mark(s, "chained");
        s.run("commit");
      }
      List<RawEventBatch> batches = traced.batches();
      assertThat(collector.controlStatus().invalid()).isEqualTo(3);
      assertThat(marks(batches))
          .containsExactly(
              Map.entry("default'", 1),
              Map.entry("set'", 12),
              Map.entry("reset'", 1),
              Map.entry("local'", 4),
              Map.entry("after local'", 1),
              Map.entry("rolled back'", 1),
              Map.entry("committed'", 8),
              Map.entry("failed'", 8),
              Map.entry("failed message'", 8),
              Map.entry("function'", 12),
              Map.entry("after local function'", 12),
              Map.entry("on'", 1),
              Map.entry("invalid'", 1),
              Map.entry("discarded'", 1),
              Map.entry("undone'", 1),
              Map.entry("done'", 12),
              Map.entry("chained'", 12));
      assertThat(Batches.settings(batches))
          .containsExactly(
              "pgstitch.level=12 -> 12",
              "pgstitch.level reset -> 1",
              "pgstitch.level=4 local -> 4",
              "pgstitch.level reset -> 1",
              "pgstitch.level=8 -> 8",
              "pgstitch.level reset -> 1",
              "pgstitch.level=8 -> 8",
              "pgstitch.level=12 local -> 12",
              "pgstitch.level reset -> 8",
              "pgstitch.level=4 -> 4",
              "pgstitch.level reset -> 8",
              "pgstitch.level=4 -> 4",
              "pgstitch.level reset -> 8",
              "pgstitch.level=12 -> 12",
              "pgstitch.level=4 local -> 4",
              "pgstitch.level reset -> 12",
              "pgstitch.level=0 -> 0",
              "pgstitch.level=1 -> 1",
              "pgstitch.level=99 invalid -> 1",
              "pgstitch.level=high invalid -> 1",
              "pgstitch.level=2 invalid -> 1",
              "pgstitch.level=12 -> 12",
              "pgstitch.level reset -> 1",
              "pgstitch.level=12 -> 12",
              "pgstitch.level reset -> 1",
              "pgstitch.level=12 -> 12",
              "pgstitch.level=8 -> 8",
              "pgstitch.level reset -> 12");
    }
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void newSessionsHaveWhatTheirRoleDatabaseOrConnectionSays(int major) {
    try (TracedServer traced = new TracedServer(dir, major)) {
      traced.server().client().sql("create role app login");
      traced.server().client().sql("create role plain login");
      traced.server().client().sql("create database d");
      traced.server().client().sql("alter role app set pgstitch.level = 12");
      traced.server().client().sql("alter database d set pgstitch.level = 4");
      traced.set("level", "1");
      traced.collect();
      try (SqlSession s = new SqlSession(traced.server(), "app", "postgres", "")) {
        mark(s, "role");
        s.run("set pgstitch.level = 1");
        s.run("reset pgstitch.level");
        mark(s, "role again");
      }
      try (SqlSession s = new SqlSession(traced.server(), "plain", "d", "")) {
        mark(s, "database");
      }
      try (SqlSession s =
          new SqlSession(traced.server(), "plain", "postgres", "-c pgstitch.level=8")) {
        mark(s, "connection");
        s.run("discard all");
        mark(s, "connection again");
      }
      try (SqlSession s = new SqlSession(traced.server(), "plain", "postgres", "")) {
        mark(s, "nothing");
      }
      List<RawEventBatch> batches = traced.batches();
      assertThat(marks(batches))
          .containsOnly(
              Map.entry("role'", 12),
              Map.entry("role again'", 12),
              Map.entry("database'", 4),
              Map.entry("connection'", 8),
              Map.entry("connection again'", 8),
              Map.entry("nothing'", 1));
      assertThat(batches)
          .filteredOn(b -> b.getBackend().getUser().equals("app"))
          .allMatch(b -> b.getBackend().getApplicationName().equals("session"))
          .anyMatch(b -> Batches.messages(List.of(b)).contains("select pg_backend_pid()"));
    }
  }

  @Test
  void whoMayNotSwitchIsRefusedAndShown() {
    try (TracedServer traced = new TracedServer(dir, 15)) {
      traced.server().client().sql("create role app login");
      traced.server().client().sql("create role tester login");
      traced.set("level", "1");
      traced.set("control.allow", "superuser, role:tester");
      Collector collector = traced.collect();
      try (SqlSession s = new SqlSession(traced.server(), "app", "postgres", "")) {
        s.run("set pgstitch.level = 12");
        mark(s, "app");
      }
      try (SqlSession s = new SqlSession(traced.server(), "tester", "postgres", "")) {
        s.run("set pgstitch.level = 12");
        mark(s, "tester");
      }
      try (SqlSession s = new SqlSession(traced.server())) {
        s.run("set pgstitch.level = 8");
        mark(s, "superuser");
        s.run("alter role app set pgstitch.level = 4");
      }
      try (SqlSession s = new SqlSession(traced.server(), "app", "postgres", "")) {
        mark(s, "app by its role");
      }
      List<RawEventBatch> batches = traced.batches();
      assertThat(collector.controlStatus().refused()).isOne();
      assertThat(marks(batches))
          .containsOnly(
              Map.entry("app'", 1),
              Map.entry("tester'", 12),
              Map.entry("superuser'", 8),
              Map.entry("app by its role'", 4));
      assertThat(Batches.settings(batches)).contains("pgstitch.level=12 refused -> 1");
    }
  }

  @Test
  void theCollectorsConfigurationNamesRolesDatabasesAndPorts() {
    try (TracedServer traced = new TracedServer(dir, 15)) {
      traced.server().client().sql("create role app login");
      traced.server().client().sql("create role silent login");
      traced.server().client().sql("create database d");
      traced.set("level", "1");
      traced.set("level.role.app", "12+functions");
      traced.set("level.role.silent", "0");
      traced.set("level.database.d", "4");
      traced.set("level.port." + traced.server().port(), "8");
      traced.collect();
      for (String who :
          List.of("app postgres", "app d", "postgres d", "postgres postgres", "silent d")) {
        String[] names = who.split(" ");
        try (SqlSession s = new SqlSession(traced.server(), names[0], names[1], "")) {
          mark(s, who);
        }
      }
      assertThat(marks(traced.batches()))
          .containsOnly(
              Map.entry("app postgres'", 12),
              Map.entry("app d'", 12),
              Map.entry("postgres d'", 4),
              Map.entry("postgres postgres'", 8));
    }
  }

  @Test
  void anOperatorSwitchesOneBackend() {
    try (TracedServer traced = new TracedServer(dir, 15);
        SqlSession before = new SqlSession(traced.server());
        SqlSession other = new SqlSession(traced.server())) {
      traced.set("level", "0");
      Collector collector = traced.collect();
      mark(before, "unseen");
      collector.switchSession(before.pid(), 12, false);
      mark(before, "seen");
      before.run("select pg_sleep(0.05)");
      mark(other, "other");
      collector.switchSession(before.pid(), 1, false);
      mark(before, "less");
      collector.switchSession(before.pid(), 0, false);
      mark(before, "unseen again");
      assertThatThrownBy(() -> collector.switchSession(1, 12, false))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("process 1");
      List<RawEventBatch> batches = traced.batches();
      assertThat(marks(batches)).containsExactly(Map.entry("seen'", 12), Map.entry("less'", 1));
      assertThat(Batches.settings(batches))
          .containsExactly("pgstitch.level=1 -> 1", "pgstitch.level=0 -> 0");
      assertThat(
              batches.stream()
                  .flatMap(
                      b ->
                          b.getEvents().stream()
                              .filter(Wait.class::isInstance)
                              .map(Wait.class::cast)
                              .map(w -> b.getStrings().get(w.getEvent()))))
          .contains("PgSleep");
    }
  }

  @Test
  void aBackendThatIsSwitchedWhileItWaitsHasTheRestOfItsWait() throws Exception {
    try (TracedServer traced = new TracedServer(dir, 15);
        SqlSession known = new SqlSession(traced.server());
        SqlSession unknown = new SqlSession(traced.server())) {
      traced.set("level", "0");
      Collector collector = traced.collect();
      collector.switchSession(known.pid(), 1, false);
      mark(known, "known");
      Thread first = new Thread(() -> known.run("select pg_sleep(2)"));
      Thread second = new Thread(() -> unknown.run("select pg_sleep(2)"));
      first.start();
      second.start();
      String sleeping = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'";
      while (!traced.server().client().sql(sleeping).equals("2")) {
        Thread.sleep(10);
      }
      long before = HostClock.monotonicNanos();
      collector.switchSession(known.pid(), 12, false);
      collector.switchSession(unknown.pid(), 12, false);
      long after = HostClock.monotonicNanos();
      first.join();
      second.join();
      long end = HostClock.monotonicNanos();
      List<RawEventBatch> batches = traced.batches();
      for (int pid : List.of(known.pid(), unknown.pid())) {
        List<Wait> sleeps =
            batches.stream()
                .filter(b -> b.getBackend().getPid() == pid)
                .flatMap(
                    b ->
                        b.getEvents().stream()
                            .filter(Wait.class::isInstance)
                            .map(Wait.class::cast)
                            .filter(w -> b.getStrings().get(w.getEvent()).equals("PgSleep")))
                .toList();
        assertThat(sleeps).as("of " + pid).hasSize(1);
        assertThat(sleeps.get(0).getBegunBefore()).isTrue();
        assertThat(sleeps.get(0).getDurationNs()).isPositive().isLessThan(end - before);
        // What the batch says of its begin is no later than the switch.
        assertThat(end - sleeps.get(0).getDurationNs()).isLessThan(after + 1_000_000_000L);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void theBasicTierTellsStatementsByTheirRunsAndWhetherTheyWrote(int major) {
    try (TracedServer traced = new TracedServer(dir, major)) {
      traced.server().client().sql("create table t(a int)");
      traced.set("level", "1");
      traced.collect();
      try (SqlSession s = new SqlSession(traced.server())) {
        s.run("select 'reads'");
        s.run("insert into t values (1)");
        s.run("begin");
        s.run("insert into t values (2)");
        s.run("select 'in between'");
        s.run("commit");
        s.run("create table u(a int)");
        s.run("select 'reads again'");
      }
      List<RawEventBatch> batches = traced.batches();
      assertThat(batches).allMatch(b -> b.getLevel() == 1);
      assertThat(
              batches.stream()
                  .flatMap(b -> b.getEvents().stream())
                  .filter(Activity.class::isInstance)
                  .map(Activity.class::cast)
                  .filter(a -> a.getState() == ActivityState.IDLE)
                  .map(Activity::getHadXid)
                  // The session's start, and its first statement.
                  .skip(2))
          .containsExactly(false, true, true, true, false);
      assertThat(
              batches.stream()
                  .flatMap(
                      b ->
                          b.getEvents().stream()
                              .filter(StatementEntry.class::isInstance)
                              .map(StatementEntry.class::cast)
                              .map(e -> b.getStrings().get(e.getFunction()))))
          .containsExactly(
              "standard_ExecutorRun",
              "standard_ExecutorRun",
              "standard_ExecutorRun",
              "standard_ProcessUtility",
              "standard_ExecutorRun",
              "standard_ExecutorRun",
              "standard_ProcessUtility",
              "standard_ProcessUtility",
              "standard_ExecutorRun");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {13, 18})
  void theSqlFunctionsAreInstalledAndUsedByAPlainOwner(int major) {
    try (TracedServer traced = new TracedServer(dir, major)) {
      traced.server().client().sql("create role app login");
      traced.server().client().sql("create database d owner app");
      // A schema of its own: from 15 on nobody else may create anything in public.
      traced.server().client().sql("d", "create schema app authorization app");
      traced.set("level", "1");
      traced.collect();
      try (SqlSession s = new SqlSession(traced.server(), "app", "d", "")) {
        s.run(Files.readString(Path.of("..", "ops", "sql", "pgstitch.sql")));
        String file = s.value("select pg_trace_start_trace()");
        assertThat(file)
            .matches(traced.server().port() + "-" + s.pid() + "-20[0-9T.]{20}-[0-9a-f]{16}\\.trc")
            .isEqualTo(s.value("select pg_trace_get_tracefile()"));
        mark(s, "started");
        s.run("select pg_trace_start_trace(4)");
        mark(s, "other level");
        s.fail("select pg_trace_start_trace(3)");
        s.run("select pg_trace_stop_trace()");
        mark(s, "stopped");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      assertThat(marks(traced.batches()))
          .containsExactly(
              Map.entry("started'", 12), Map.entry("other level'", 4), Map.entry("stopped'", 1));
    }
  }
}
