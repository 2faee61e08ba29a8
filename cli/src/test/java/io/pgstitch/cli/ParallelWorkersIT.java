package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgstitch.cli.Launcher.Outcome;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Parallel workers of a real server: under their leader's statement, and counted once. */
class ParallelWorkersIT {
  private static final String APPLICATION = "leader";
  private static final String SCAN = "select count(*) from t where b > 3";
  private static final String EXPLAIN =
      "explain (analyze, verbose, buffers, format json) select count(*) from t where b > 4";
  private static final String NESTED = "select f()";
  private static final String INDEX = "create index on t (c)";
  private static final String VACUUM = "vacuum (parallel 2) t";
  private static final String CANCELLED = "select count(*) from t where pg_sleep(0.02) is not null";
  private static final String FORCED = "select a from t where a = 7";

  @TempDir private Path dir;

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void workersAreUnderTheirLeadersStatement(int major) throws Exception {
    JsonNode plan;
    ServerCounts counted;
    try (ThrowawayPostgres server = server(major)) {
      prepare(server);
      try (RunningUp up =
          RunningUp.start(dir, "--pid", String.valueOf(server.postmasterPid()), "--level", "12")) {
        ServerCounts.reset(server.jdbcUrl("postgres"));
        plan = workload(server, major);
        counted = ServerCounts.read(server.jdbcUrl("postgres"));
        Outcome outcome = up.stop();
        assertThat(outcome.status()).as(outcome.out() + outcome.err()).isZero();
      }
    }
    ExportedTraces traces = ExportedTraces.read(dir.resolve("out/spans.jsonl"));
    assertThat(traces.doubled()).isEmpty();
    assertThat(traces.incomplete()).isEmpty();
    assertThat(traces.notNested()).isEmpty();
    assertThat(traces.roots())
        .as("every worker has its leader")
        .noneMatch(root -> root.kind().equals("WORKER"));
    checkFigures(traces.trace(EXPLAIN), plan);
    counted.compareWith(traces, List.of(APPLICATION));
    for (String statement : List.of(SCAN, NESTED, INDEX, VACUUM, CANCELLED, FORCED)) {
      checkWorkers(traces, statement);
    }
    assertThat(parents(traces.trace(SCAN))).containsOnly("FETCH 0");
    assertThat(parents(traces.trace(NESTED))).containsOnly("FETCH 1");
    assertThat(parents(traces.trace(INDEX))).containsOnly("EXEC 0");
    assertThat(parents(traces.trace(VACUUM))).containsOnly("EXEC 0");
    checkRecords(traces);
  }

  private static ThrowawayPostgres server(int major) {
    return ThrowawayPostgres.builder(PostgresInstallations.ofMajor(major))
        .preload("pg_stat_statements")
        .setting("pg_stat_statements.track", "all")
        .setting("pg_stat_statements.track_utility", "off")
        .setting("autovacuum", "off")
        .setting("jit", "off")
        .setting("max_parallel_workers_per_gather", "2")
        .setting("max_parallel_maintenance_workers", "2")
        .setting("maintenance_work_mem", "128MB")
        .setting("parallel_setup_cost", "0")
        .setting("parallel_tuple_cost", "0")
        .setting("min_parallel_table_scan_size", "0")
        .setting("min_parallel_index_scan_size", "0")
        .setting("enable_indexonlyscan", "off")
        .setting("enable_indexscan", "off")
        .setting("enable_bitmapscan", "off")
        .start();
  }

  private static void prepare(ThrowawayPostgres server) {
    server
        .client()
        .psql(
            "-c",
            "create extension pg_stat_statements",
            "-c",
            "create table t as select g a, g % 10 b, repeat('x', 200) c"
                + " from generate_series(1, 40000) g",
            "-c",
            "create index on t (a)",
            "-c",
            "create index on t (b)",
            "-c",
            "vacuum analyze t",
            "-c",
            "create function f() returns bigint language plpgsql as $$"
                + " begin perform count(*) from t where b > 5; return 1; end $$");
  }

  /** Returns what EXPLAIN said. */
  private static JsonNode workload(ThrowawayPostgres server, int major) throws Exception {
    String url =
        server.jdbcUrl("postgres")
            + "&assumeMinServerVersion=12&preferQueryMode=simple&ApplicationName="
            + APPLICATION;
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.executeQuery(SCAN).close();
      JsonNode plan;
      try (ResultSet rows = statement.executeQuery(EXPLAIN)) {
        rows.next();
        plan = new ObjectMapper().readTree(rows.getString(1)).get(0).get("Plan");
      }
      statement.executeQuery(NESTED).close();
      statement.execute(INDEX);
      statement.execute("delete from t where a % 7 = 0");
      statement.execute(VACUUM);
      statement.execute("set statement_timeout = '400ms'");
      assertThatThrownBy(() -> statement.execute(CANCELLED))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("statement timeout");
      statement.execute("reset statement_timeout");
      String forced = major >= 16 ? "debug_parallel_query" : "force_parallel_mode";
      statement.execute("set " + forced + " = on");
      statement.executeQuery(FORCED).close();
      return plan;
    }
  }

  private static List<ExportedSpan> workers(List<ExportedSpan> trace) {
    return trace.stream().filter(span -> span.kind().equals("WORKER")).toList();
  }

  /** As many as were launched, at most, and at least one; each has its process. */
  private static void checkWorkers(ExportedTraces traces, String statement) {
    List<ExportedSpan> trace = traces.trace(statement);
    ExportedSpan root = trace.stream().filter(ExportedSpan::isRoot).findFirst().orElseThrow();
    List<ExportedSpan> workers = workers(trace);
    long launched = number(root, "pgstitch.workers_launched");
    assertThat(launched).as(statement).isPositive();
    assertThat((long) workers.size()).as(statement).isBetween(1L, launched);
    assertThat(workers)
        .as(statement)
        .extracting(ExportedSpan::name)
        .containsOnly("parallel worker");
    assertThat(workers)
        .extracting(worker -> worker.attributes().get("pgstitch.backend.pid"))
        .doesNotHaveDuplicates();
    assertThat(workers)
        .extracting(worker -> worker.attributes().get("pgstitch.leader.pid"))
        .containsOnly(root.attributes().get("pgstitch.backend.pid"));
  }

  private static List<String> parents(List<ExportedSpan> trace) {
    Map<String, ExportedSpan> byId = new HashMap<>();
    trace.forEach(span -> byId.put(span.spanId(), span));
    return workers(trace).stream()
        .map(worker -> byId.get(worker.parentSpanId()))
        .map(parent -> parent.kind() + " " + parent.attributes().get("pgstitch.depth"))
        .toList();
  }

  /** Number of workers and their blocks and rows are EXPLAIN's, and the leader has them within. */
  private static void checkFigures(List<ExportedSpan> trace, JsonNode plan) {
    JsonNode gather = plan;
    while (!gather.get("Node Type").asText().startsWith("Gather")) {
      gather = gather.get("Plans").get(0);
    }
    List<ExportedSpan> workers = workers(trace);
    assertThat(workers).hasSize(gather.get("Workers Launched").asInt());
    List<String> explained = new ArrayList<>();
    for (JsonNode worker : gather.get("Plans").get(0).get("Workers")) {
      explained.add(
          worker.get("Worker Number").asInt()
              + " rows="
              + worker.get("Actual Rows").asInt() * worker.get("Actual Loops").asInt()
              + " blocks="
              + blocks(worker));
    }
    assertThat(workers)
        .extracting(worker -> figures(trace, worker))
        .containsExactlyInAnyOrderElementsOf(explained);
    ExportedSpan fetch =
        trace.stream()
            .filter(span -> span.kind().equals("FETCH"))
            .filter(span -> "1".equals(span.attributes().get("pgstitch.depth")))
            .filter(span -> workers.stream().allMatch(w -> w.parentSpanId().equals(span.spanId())))
            .findFirst()
            .orElseThrow();
    assertThat(blocks(fetch)).isEqualTo(blocks(plan));
  }

  private static String figures(List<ExportedSpan> trace, ExportedSpan worker) {
    ExportedSpan fetch =
        trace.stream()
            .filter(span -> span.parentSpanId().equals(worker.spanId()))
            .filter(span -> span.kind().equals("FETCH"))
            .findFirst()
            .orElseThrow();
    return number(worker, "pgstitch.worker.number")
        + " rows="
        + number(fetch, "pgstitch.rows")
        + " blocks="
        + blocks(fetch);
  }

  private static long blocks(JsonNode node) {
    return node.get("Shared Hit Blocks").asLong() + node.get("Shared Read Blocks").asLong();
  }

  private static long blocks(ExportedSpan span) {
    return number(span, "pgstitch.buffers.shared_hit")
        + number(span, "pgstitch.buffers.shared_read");
  }

  private static long number(ExportedSpan span, String attribute) {
    return Long.parseLong(span.attributes().getOrDefault(attribute, "0"));
  }

  /** Each worker has a file of its own, which the leader's names by the worker's pid. */
  private void checkRecords(ExportedTraces traces) throws Exception {
    TraceFiles files = TraceFiles.validate(dir.resolve("out/traces"));
    List<String> named = files.lines("*** PARALLEL WORKER: ");
    List<String> pids = new ArrayList<>();
    for (String statement : List.of(SCAN, EXPLAIN, NESTED, INDEX, VACUUM, CANCELLED, FORCED)) {
      for (ExportedSpan worker : workers(traces.trace(statement))) {
        pids.add(worker.attributes().get("pgstitch.backend.pid"));
      }
    }
    assertThat(named)
        .extracting(line -> line.substring(line.indexOf("pid=") + 4))
        .containsExactlyInAnyOrderElementsOf(pids);
    assertThat(files.lines("*** PARALLEL WORKER OF: ")).hasSameSizeAs(pids);
  }
}
