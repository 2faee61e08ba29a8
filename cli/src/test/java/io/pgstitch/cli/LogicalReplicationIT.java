package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import io.pgstitch.testkit.Majors;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Logical replication from one database to another of real servers: its workers have no client, and
 * are traced when that is asked for.
 */
class LogicalReplicationIT {
  private static final Duration LIMIT = Duration.ofSeconds(120);
  private static final String TABLE = "create table t (a int primary key, b text)";
  private static final int COPIED = 100;
  private static final int APPLIED = 7;

  // A worker's search path is empty.
  private static final String NOTED = "insert into public.seen values (new.a)";

  @TempDir private Path dir;

  @Test
  void whatItsWorkersRunIsTracedWithWhatItCosts() throws Exception {
    List<ThrowawayPostgres> servers = new ArrayList<>();
    try {
      for (int major : Majors.sampled().toArray()) {
        servers.add(server(major));
      }
      Map<ThrowawayPostgres, Long> appliers;
      List<QueryTrace> traces;
      try (StitchedServer stitched = StitchedServer.start(dir, settings(servers))) {
        appliers =
            servers.stream().collect(Collectors.toMap(s -> s, LogicalReplicationIT::replicate));
        traces = stitched.stop();
      }
      appliers.forEach((server, applier) -> check(server, applier, of(server, traces)));
    } finally {
      servers.forEach(ThrowawayPostgres::close);
    }
  }

  private static Map<String, String> settings(List<ThrowawayPostgres> servers) {
    String pids =
        servers.stream()
            .map(s -> Long.toString(s.postmasterPid()))
            .collect(Collectors.joining(","));
    return Map.of("level", "12", "background", "logical-replication", "pids", pids);
  }

  private static ThrowawayPostgres server(int major) {
    ThrowawayPostgres server =
        ThrowawayPostgres.builder(PostgresInstallations.ofMajor(major))
            .setting("wal_level", "logical")
            .setting("autovacuum", "off")
            .start();
    run(
        server,
        "postgres",
        TABLE,
        "insert into t select g, 'x' from generate_series(1, " + COPIED + ") g",
        "create publication p for table t",
        // A subscription to the same server would wait for itself if it made the slot.
        "select pg_create_logical_replication_slot('s', 'pgoutput')",
        "create database target");
    run(
        server,
        "target",
        TABLE,
        "create table seen (a int)",
        "create function see() returns trigger language plpgsql as $$ begin "
            + NOTED
            + "; return null; end $$",
        "create trigger see after insert on t for each row execute function see()",
        "alter table t enable always trigger see");
    return server;
  }

  private static void run(ThrowawayPostgres server, String database, String... statements) {
    for (String statement : statements) {
      server.client().sql(database, statement);
    }
  }

  /** Returns the pid of the worker that applies changes. */
  private static long replicate(ThrowawayPostgres server) {
    run(
        server,
        "target",
        "create subscription s connection 'host=localhost port=%d user=postgres dbname=postgres' publication p with (create_slot = false)"
            .formatted(server.port()));
    await(server, "select count(*) = %d from seen".formatted(COPIED));
    await(server, "select count(*) = 0 from pg_subscription_rel where srsubstate <> 'r'");
    String applier =
        server.client().sql("target", "select pid from pg_stat_subscription where relid is null");
    run(
        server,
        "postgres",
        "insert into t select g, 'y' from generate_series(%d, %d) g"
            .formatted(COPIED + 1, COPIED + APPLIED),
        "update t set b = 'z' where a <= 5",
        "delete from t where a = 6");
    await(server, "select count(*) = %d from seen".formatted(COPIED + APPLIED));
    await(server, "select count(*) = %d from t".formatted(COPIED + APPLIED - 1));
    run(
        server,
        "target",
        "alter subscription s disable",
        "alter subscription s set (slot_name = none)",
        "drop subscription s");
    await(server, "select count(*) = 0 from pg_stat_activity where pid = " + applier);
    return Long.parseLong(applier);
  }

  private static void await(ThrowawayPostgres server, String condition) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!server.client().sql("target", condition).equals("t")) {
      assertThat(System.nanoTime()).as(condition).isLessThan(deadline);
      try {
        TimeUnit.MILLISECONDS.sleep(50);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static List<QueryTrace> of(ThrowawayPostgres server, List<QueryTrace> traces) {
    String directory = server.dataDir().toString();
    return traces.stream()
        .filter(trace -> trace.getBackend().getDataDirectory().equals(directory))
        .toList();
  }

  private static void check(ThrowawayPostgres server, long applier, List<QueryTrace> traces) {
    String version = server.client().sql("show server_version");
    List<QueryTrace> ofWorkers =
        traces.stream().filter(t -> t.getBackend().getKind() == BackendKind.OTHER).toList();
    assertThat(ofWorkers)
        .as(version)
        .isNotEmpty()
        .allMatch(t -> t.getBackend().getBackendType().startsWith("logical replication"))
        .allMatch(QueryTrace::getComplete);
    List<QueryTrace> noted =
        ofWorkers.stream().filter(t -> t.getText().equals(NOTED) && t.getExecuted()).toList();
    assertThat(noted).as(version).hasSize(COPIED + APPLIED).allMatch(t -> t.getRows() == 1);
    assertThat(noted)
        .allMatch(t -> root(t).getWal() != null && root(t).getWal().getRecords() >= 1)
        .allMatch(t -> root(t).getBuffers() != null);
    List<Long> pids =
        noted.stream().map(QueryTrace::getBackend).map(LogicalReplicationIT::pid).toList();
    assertThat(pids)
        .as("of the worker that applies")
        .filteredOn(p -> p == applier)
        .hasSize(APPLIED);
    assertThat(pids.stream().distinct()).as("the other copied").hasSize(2);

    // Of what it changes without SQL each row is locked and changed, and the end is a record too.
    List<Long> wal =
        ofWorkers.stream()
            .filter(t -> t.getText().isEmpty() && root(t).getWal() != null)
            .filter(t -> pid(t.getBackend()) == applier)
            .map(t -> root(t).getWal().getRecords())
            .toList();
    assertThat(wal).as(version).contains(5 * 2 + 1L, 2 + 1L);

    // The other side has a client.
    assertThat(traces)
        .filteredOn(t -> t.getText().startsWith("COPY public.t "))
        .extracting(QueryTrace::getRows)
        .containsExactly((long) COPIED);
    assertThat(traces)
        .filteredOn(t -> t.getText().startsWith("START_REPLICATION SLOT \"s\""))
        .extracting(t -> t.getBackend().getKind(), t -> t.getBackend().getApplicationName())
        .containsExactly(tuple(BackendKind.CLIENT, "s"));
  }

  private static long pid(Backend backend) {
    return backend.getPid();
  }

  private static Span root(QueryTrace trace) {
    return trace.getSpans().stream()
        .filter(span -> span.getParentSpanId().isEmpty())
        .findFirst()
        .orElseThrow();
  }
}
