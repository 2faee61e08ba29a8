package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Activity;
import io.pgstitch.schema.ActivityState;
import io.pgstitch.schema.BackendEnd;
import io.pgstitch.schema.BackendKey;
import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.CommandEnd;
import io.pgstitch.schema.ErrorReported;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.StatementEntry;
import io.pgstitch.schema.Wait;
import io.pgstitch.testkit.InstallationCopy;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import io.pgstitch.testkit.ThrowawayPostgres.StopMode;
import io.pgstitch.testkit.TimedSleep;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A collector on real servers of the oldest, a middle and the newest major. */
final class CollectorIT {
  @TempDir Path dir;

  private static <E> Stream<E> events(List<RawEventBatch> batches, Class<E> type) {
    return batches.stream()
        .flatMap(b -> b.getEvents().stream())
        .filter(type::isInstance)
        .map(type::cast);
  }

  /** Texts of the running messages, in order. */
  private static List<String> messages(List<RawEventBatch> batches) {
    return batches.stream()
        .flatMap(
            b ->
                b.getEvents().stream()
                    .filter(Activity.class::isInstance)
                    .map(Activity.class::cast)
                    .filter(a -> a.getState() == ActivityState.RUNNING)
                    .map(a -> b.getStrings().get(a.getText())))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void seesStatementsOfSessionsThatBeginAfterTheAttachment(int major) {
    try (TracedServer traced = new TracedServer(dir, major)) {
      traced.collect();
      traced.server().client().sql("select 1; select 2");
      List<RawEventBatch> batches = traced.batches();
      assertThat(messages(batches)).containsExactly("select 1; select 2");
      assertThat(events(batches, CommandEnd.class)).hasSize(2);
      assertThat(events(batches, BackendEnd.class)).hasSize(1);
      RawEventBatch first = batches.get(0);
      assertThat(first.getBackend().getDatabase()).isEqualTo("postgres");
      assertThat(first.getBackend().getUser()).isEqualTo("postgres");
      assertThat(first.getBackend().getApplicationName()).isEqualTo("psql");
      assertThat(first.getBackend().getServerPort()).isEqualTo(traced.server().port());
      assertThat(first.getBackend().getServerVersionNum() / 10000).isEqualTo(major);
    }
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void measuresASleepAsOneWait(int major) {
    try (TracedServer traced = new TracedServer(dir, major)) {
      traced.collect();
      long between = TimedSleep.nanosMeasuredBy(traced.server().client());
      List<Long> sleeps =
          waits(traced.batches(), "PgSleep").stream()
              .map(Wait::getDurationNs)
              .filter(nanos -> nanos >= TimedSleep.LONG_NANOS)
              .toList();
      assertThat(sleeps).hasSize(1);
      assertThat(sleeps.get(0)).isBetween(TimedSleep.NANOS, between);
    }
  }

  /**
   * One timer goes off again and again while another one runs: the signal's handler sets it for the
   * next of them, by a system call inside the wait.
   */
  @Test
  void aTimerThatIsSetInsideAWaitIsNoCallOfIt() {
    try (TracedServer traced = new TracedServer(dir, 18)) {
      traced.collect();
      try (SqlSession session = new SqlSession(traced.server())) {
        session.run("set client_connection_check_interval = '100ms'");
        session.run("set statement_timeout = '1min'");
        session.run("select pg_sleep(1)");
      }
      assertThat(waits(traced.batches(), "PgSleep"))
          .hasSizeGreaterThan(3)
          .allMatch(w -> w.getCalls() == 1);
    }
  }

  private static List<Wait> waits(List<RawEventBatch> batches, String event) {
    return batches.stream()
        .flatMap(
            b ->
                b.getEvents().stream()
                    .filter(Wait.class::isInstance)
                    .map(Wait.class::cast)
                    .filter(w -> b.getStrings().get(w.getEvent()).equals(event)))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void seesSqlStatesOfErrorsAndNoNotices(int major) {
    try (TracedServer traced = new TracedServer(dir, major)) {
      traced.collect();
      traced
          .server()
          .client()
          .psql(
              "-v", "ON_ERROR_STOP=0",
              "-c", "do $$ begin raise notice 'harmless'; end $$",
              "-c", "select 1/0",
              "-c", "selec",
              "-c", "do $$ begin begin perform 1/0; exception when others then null; end; end $$",
              "-c", "select * from nowhere",
              "-c", "select 1");
      List<RawEventBatch> batches = traced.batches();
      assertThat(events(batches, ErrorReported.class).map(ErrorReported::getSqlstate))
          .containsExactly("22012", "42601", "42P01");
    }
  }

  @Test
  void carriesATextOfAMegabyteWhole() throws IOException {
    try (TracedServer traced = new TracedServer(dir, 15)) {
      traced.collect();
      String text = "select length('" + "é".repeat(500_000) + "')";
      Path file = Files.writeString(dir.resolve("long.sql"), text);
      traced.server().client().psql("-f", file.toString());
      List<RawEventBatch> batches = traced.batches();
      assertThat(messages(batches)).containsExactly(text);
      assertThat(events(batches, Activity.class).map(Activity::getTextTruncated))
          .containsOnly(false);
    }
  }

  @Test
  void namesTheTextOfNestedStatements() {
    try (TracedServer traced = new TracedServer(dir, 15)) {
      traced
          .server()
          .client()
          .sql(
              "create table t(a int);"
                  + "create function f() returns void language plpgsql as"
                  + " $$ begin insert into t values (1); perform count(*) from t; end $$");
      traced.collect();
      traced.server().client().sql("select f()");
      List<RawEventBatch> batches = traced.batches();
      assertThat(
              batches.stream()
                  .flatMap(
                      b ->
                          b.getEvents().stream()
                              .filter(StatementEntry.class::isInstance)
                              .map(StatementEntry.class::cast)
                              .filter(s -> !name(b, s).equals("standard_planner"))
                              .map(s -> b.getStrings().get(s.getText()))))
          .containsExactly("", "insert into t values (1)", "SELECT count(*) from t");
    }
  }

  private static String name(RawEventBatch batch, StatementEntry entry) {
    return batch.getStrings().get(entry.getFunction());
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void parallelWorkersShareTheKeyOfTheirLeader(int major) {
    try (TracedServer traced = new TracedServer(dir, major)) {
      traced.server().client().sql("create table t as select g from generate_series(1, 100000) g");
      traced.collect();
      String leader =
          traced
              .server()
              .client()
              .psql(
                  "-A",
                  "-t",
                  "-q",
                  "-c",
                  "set parallel_setup_cost = 0",
                  "-c",
                  "set parallel_tuple_cost = 0",
                  "-c",
                  "set min_parallel_table_scan_size = 0",
                  "-c",
                  "select count(*) from t",
                  "-c",
                  "select pg_backend_pid()")
              .lines()
              .filter(line -> !line.isBlank())
              .reduce((first, last) -> last)
              .orElseThrow();
      List<RawEventBatch> workers =
          traced.batches().stream()
              .filter(b -> b.getBackend().getKind() == BackendKind.PARALLEL_WORKER)
              .toList();
      assertThat(workers).isNotEmpty();
      assertThat(workers)
          .allMatch(b -> b.getBackend().getLeaderPid() == Integer.parseInt(leader))
          .allMatch(b -> BackendKey.of(b.getBackend()).endsWith("/" + leader));
    }
  }

  @Test
  void sequencesHaveNoGapUnderLoad() {
    try (TracedServer traced = new TracedServer(dir, 15)) {
      traced.server().client().pgbench("-i", "-q", "postgres");
      traced.collect();
      traced.server().client().pgbench("-n", "-S", "-c", "4", "-t", "500", "postgres");
      List<RawEventBatch> batches = traced.batches();
      assertThat(batches).allMatch(b -> b.getLostBefore() == 0);
      // Two statements of pgbench's own ask for the scale and the partitions.
      assertThat(
              batches.stream()
                  .flatMap(
                      b ->
                          b.getEvents().stream()
                              .filter(CommandEnd.class::isInstance)
                              .map(CommandEnd.class::cast)
                              .filter(c -> b.getStrings().get(c.getCommandTag()).equals("SELECT"))))
          .hasSize(2000 + 2);
    }
  }

  @Test
  void countsWhatATooSmallRingLoses() {
    try (TracedServer traced = new TracedServer(dir, 15)) {
      traced.server().client().pgbench("-i", "-q", "postgres");
      traced.set("ring.bytes", "65536");
      Collector collector = traced.collect();
      traced.server().client().pgbench("-n", "-S", "-c", "4", "-t", "2000", "postgres");
      List<RawEventBatch> batches = traced.batches();
      long marked = batches.stream().mapToLong(RawEventBatch::getLostBefore).sum();
      long delivered =
          batches.stream().mapToLong(b -> b.getLastSequence() - b.getFirstSequence() + 1).sum();
      assertThat(marked).isPositive();
      assertThat(delivered).isPositive();
      assertThat(collector.failure()).isNull();
    }
  }

  @Test
  void aSessionThatWasThereBeforeIsMarked() throws IOException, InterruptedException {
    try (TracedServer traced = new TracedServer(dir, 15)) {
      Process sleeper = traced.server().client().startPsql("-c", "select pg_sleep(8)");
      TimeUnit.MILLISECONDS.sleep(700);
      traced.collect();
      assertThat(sleeper.waitFor()).isZero();
      List<RawEventBatch> batches = traced.batches();
      assertThat(batches).isNotEmpty().allMatch(RawEventBatch::getBegunBefore);
      assertThat(events(batches, CommandEnd.class)).hasSize(1);
    }
  }

  @Test
  void aServerThatIsFoundLateHasItsEarlierSessionsMarked() throws Exception {
    try (TracedServer traced = new TracedServer(dir, 15)) {
      traced.set("rescan.ms", "4000");
      traced.collect();
      // A binary of its own: no server that another test runs has made it known.
      try (InstallationCopy own = InstallationCopy.of(PostgresInstallations.ofMajor(13));
          ThrowawayPostgres late = ThrowawayPostgres.builder(own.installation()).start()) {
        Process sleeper = late.client().startPsql("-c", "select pg_sleep(10)");
        assertThat(sleeper.waitFor()).isZero();
        late.client().sql("select 'new'");
        int port = late.port();
        List<RawEventBatch> batches =
            traced.batchesOfAllServers().stream()
                .filter(b -> b.getBackend().getServerPort() == port)
                .toList();
        assertThat(batches.stream().map(RawEventBatch::getBegunBefore)).contains(true, false);
        assertThat(messages(batches)).containsExactly("select 'new'");
      }
    }
  }

  @Test
  void followsAServerThatRestarts() throws Exception {
    try (TracedServer traced = new TracedServer(dir, 15)) {
      traced.collect();
      traced.server().client().sql("select 'before'");
      traced.server().stop(StopMode.FAST);
      // It is looked for every 200 ms: by now it is known to be gone.
      TimeUnit.MILLISECONDS.sleep(800);
      traced.server().start();
      traced.server().client().sql("select 'after'");
      assertThat(messages(traced.batches()))
          .containsExactlyInAnyOrder("select 'before'", "select 'after'");
    }
  }

  @Test
  void tracesTheRunningBinaryAfterItWasReplacedOnDisk() throws Exception {
    try (InstallationCopy own = InstallationCopy.of(PostgresInstallations.maven().get(0));
        TracedServer traced = new TracedServer(dir, own.installation(), b -> b)) {
      Path binary = own.installation().postgres();
      Path update = binary.resolveSibling("postgres.new");
      // As a package manager does it: a new file takes the name of the running one.
      Files.copy(binary, update, StandardCopyOption.COPY_ATTRIBUTES);
      Files.move(update, binary, StandardCopyOption.ATOMIC_MOVE);
      Collector collector = traced.collect();
      traced.server().client().sql("select 'old binary'");
      assertThat(collector.status().servers())
          .filteredOn(s -> s.port() == traced.server().port())
          .singleElement()
          .matches(CollectorStatus.Server::traced);
      assertThat(messages(traced.batches())).contains("select 'old binary'");
    }
  }

  @Test
  void tracesOnlyTheBackendThatWasAskedFor() throws Exception {
    try (TracedServer traced = new TracedServer(dir, 15)) {
      Process wanted = traced.server().client().startPsql("-At");
      try (Writer in = wanted.outputWriter();
          BufferedReader out = wanted.inputReader()) {
        in.write("select pg_backend_pid();\n");
        in.flush();
        traced.set("pids", out.readLine());
        traced.collect();
        traced.server().client().sql("select 'other'");
        in.write("select 'wanted';\n");
        in.close();
        assertThat(wanted.waitFor()).isZero();
      }
      assertThat(messages(traced.batchesOfAllServers())).containsExactly("select 'wanted';");
    }
  }

  @Test
  void seesABackendThatIsKilledInTheMiddle() throws Exception {
    try (TracedServer traced = new TracedServer(dir, 15)) {
      traced.collect();
      Process sleeper = traced.server().client().startPsql("-c", "select pg_sleep(30)");
      TimeUnit.MILLISECONDS.sleep(700);
      String pid =
          traced
              .server()
              .client()
              .sql("select pid from pg_stat_activity where query like 'select pg_sleep%'")
              .trim();
      run("kill", "-9", pid);
      sleeper.waitFor();
      TimeUnit.MILLISECONDS.sleep(500);
      List<RawEventBatch> batches = traced.batches();
      assertThat(
              events(
                      batches.stream()
                          .filter(b -> b.getBackend().getPid() == Integer.parseInt(pid))
                          .toList(),
                      BackendEnd.class)
                  .map(BackendEnd::getSignal))
          .containsExactly(9);
    }
  }

  /** The pauses are about as long as it takes the reader to fall asleep. */
  @Test
  void tracesOnlyTheServerThatWasAskedForAndSleepsWhileThatIsIdle() throws Exception {
    try (TracedServer wanted = new TracedServer(dir.resolve("wanted"), 15);
        ThrowawayPostgres other =
            ThrowawayPostgres.builder(PostgresInstallations.ofMajor(15)).start()) {
      wanted.set("pids", String.valueOf(wanted.server().postmasterPid()));
      wanted.collect();
      other.client().sql("select 'other'");
      TimeUnit.MILLISECONDS.sleep(500);
      long before = ThreadSwitches.voluntary("pgstitch-event-pump");
      TimeUnit.MILLISECONDS.sleep(1200);
      long after = ThreadSwitches.voluntary("pgstitch-event-pump");
      // One a second; it would be 300 if it looked every 4 ms.
      assertThat(after - before).isBetween(1L, 20L);
      List<String> said = new ArrayList<>();
      for (long pause = 60; pause < 120; pause += 6) {
        String text = "select 'wanted after " + pause + " ms'";
        TimeUnit.MILLISECONDS.sleep(pause);
        wanted.server().client().sql(text);
        said.add(text);
      }
      List<RawEventBatch> batches = wanted.batchesOfAllServers();
      assertThat(messages(batches)).containsExactlyInAnyOrderElementsOf(said);
      assertThat(batches).allMatch(b -> b.getLostBefore() == 0);
      assertThat(events(batches, BackendEnd.class)).hasSize(said.size());
    }
  }

  private static void run(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }
}
