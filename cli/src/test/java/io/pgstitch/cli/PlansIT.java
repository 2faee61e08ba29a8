package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Plans have the nodes and figures that the server itself prints of the same execution. */
class PlansIT {
  private static final String EXPLAIN = "explain (analyze, buffers, wal, format json) ";
  private static final Map<String, String> WORDS =
      Map.ofEntries(
          Map.entry("Node Type", "node_type"),
          Map.entry("Parent Relationship", "relationship"),
          Map.entry("Subplan Name", "subplan"),
          Map.entry("Parallel Aware", "parallel_aware"),
          Map.entry("Join Type", "join_type"),
          Map.entry("Strategy", "strategy"),
          Map.entry("Partial Mode", "partial_mode"),
          Map.entry("Operation", "operation"),
          Map.entry("Command", "command"),
          Map.entry("Scan Direction", "scan_direction"),
          Map.entry("Relation Name", "relation"),
          Map.entry("Index Name", "index"));
  private static final Map<String, String> BLOCKS =
      Map.ofEntries(
          Map.entry("Shared Hit Blocks", "shared_hit"),
          Map.entry("Shared Read Blocks", "shared_read"),
          Map.entry("Shared Dirtied Blocks", "shared_dirtied"),
          Map.entry("Shared Written Blocks", "shared_written"),
          Map.entry("Local Hit Blocks", "local_hit"),
          Map.entry("Local Read Blocks", "local_read"),
          Map.entry("Local Dirtied Blocks", "local_dirtied"),
          Map.entry("Local Written Blocks", "local_written"),
          Map.entry("Temp Read Blocks", "temp_read"),
          Map.entry("Temp Written Blocks", "temp_written"));
  private static final Map<String, String> WAL =
      Map.of("WAL Records", "records", "WAL FPI", "fpi", "WAL Bytes", "bytes");
  private static final Pattern STAT =
      Pattern.compile(
          "STAT #\\d+ id=(\\d+) cnt=(\\d+) pid=(\\d+) pos=\\d+ obj=(\\d+) op='(.*)"
              + " \\(cr=(\\d+) pr=(\\d+) pw=(\\d+) str=(\\d+) time=(\\d+) us cost=(\\d+) size=(\\d+)"
              + " card=(\\d+)\\)'");

  @TempDir private Path dir;

  private RunningUp up(ThrowawayPostgres server) throws Exception {
    return RunningUp.start(dir, "--pid", String.valueOf(server.postmasterPid()), "--level", "24");
  }

  private static ThrowawayPostgres.Builder server(int major) {
    return ThrowawayPostgres.builder(PostgresInstallations.ofMajor(major))
        .setting("autovacuum", "off")
        .setting("work_mem", "256kB")
        .setting("jit", "off");
  }

  private static Connection connect(ThrowawayPostgres server) throws SQLException {
    return DriverManager.getConnection(server.jdbcUrl("postgres"));
  }

  private static void run(Connection connection, String... sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String each : sql) {
        statement.execute(each);
      }
    }
  }

  private static String oneValue(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      assertThat(rows.next()).isTrue();
      return rows.getString(1);
    }
  }

  private static List<ExportedSpan> nodes(List<ExportedSpan> trace) {
    Map<String, ExportedSpan> byId = new HashMap<>();
    trace.forEach(span -> byId.put(span.spanId(), span));
    return trace.stream()
        .filter(s -> s.kind().equals("PLAN_NODE") && !isWorkers(s, byId))
        .sorted(Comparator.comparingInt(s -> Integer.parseInt(plan(s, "number"))))
        .toList();
  }

  /** Whether a parallel worker told of it: its nodes are counted in the leader's, too. */
  private static boolean isWorkers(ExportedSpan span, Map<String, ExportedSpan> byId) {
    ExportedSpan up = span;
    while (up != null && !up.kind().equals("WORKER")) {
      up = byId.get(up.parentSpanId());
    }
    return up != null;
  }

  private static String plan(ExportedSpan span, String attribute) {
    return span.attributes().getOrDefault("pgstitch.plan." + attribute, "");
  }

  private static double figure(ExportedSpan span, String attribute) {
    return Double.parseDouble(plan(span, attribute));
  }

  private static long count(ExportedSpan span, String attribute) {
    return Long.parseLong(span.attributes().getOrDefault(attribute, "0"));
  }

  @ParameterizedTest
  @ValueSource(ints = {13, 14, 15, 16, 17, 18})
  void aPlanIsTheOneThatExplainPrintsOfTheSameExecution(int major) throws Exception {
    boolean custom = CustomScanLibrary.isFor(PostgresInstallations.ofMajor(major));
    List<PlanCases.Case> cases = PlanCases.of(major, custom);
    List<String> explained = new ArrayList<>();
    ThrowawayPostgres.Builder builder = server(major);
    Path library = custom ? CustomScanLibrary.compile(major) : null;
    try (ThrowawayPostgres server =
        (custom ? builder.preload(library.toString()) : builder).start()) {
      try (Connection connection = connect(server)) {
        run(
            connection,
            PlanCases.schema(server.dataDir().resolve("PG_VERSION").toString())
                .toArray(String[]::new));
      }
      try (RunningUp up = up(server)) {
        try (Connection connection = connect(server)) {
          for (PlanCases.Case each : cases) {
            for (String setting : each.settings()) {
              run(connection, "set " + setting);
            }
            explained.add(oneValue(connection, EXPLAIN + each.sql()));
            run(connection, "reset all");
          }
        }
        assertThat(up.stop().status()).isZero();
      }
    } finally {
      if (custom) {
        FunctionsIT.run("rm", "-r", library.getParent().toString());
      }
    }
    ExportedTraces traces = ExportedTraces.read(dir.resolve("out/spans.jsonl"));
    List<String> stats = TraceFiles.validate(dir.resolve("out/traces")).linesOfLongest("STAT #");
    int stat = 0;
    Set<String> types = new TreeSet<>();
    for (int i = 0; i < cases.size(); i++) {
      String sql = cases.get(i).sql();
      List<ExportedSpan> trace = traces.traceOfClient(EXPLAIN + sql);
      List<ExportedSpan> spans = nodes(trace);
      List<ExplainedNode> nodes = ExplainedNode.parse(explained.get(i));
      String what = "PostgreSQL " + major + ": " + sql + "\n" + explained.get(i) + "\n" + spans;
      assertThat(spans).as(what).hasSize(nodes.size());
      for (int n = 0; n < nodes.size(); n++) {
        types.add(nodes.get(n).text("Node Type"));
        compare(what, nodes.get(n), spans, n);
        compareStat(what, nodes.get(n), n, stats.get(stat++));
      }
      compareFetch(what, trace, nodes.get(0));
    }
    assertThat(stat).isEqualTo(stats.size());
    assertThat(types).containsAll(PlanCases.nodeTypes(major, custom));
    assertThat(traces.notNested()).isEmpty();
  }

  private static void compare(
      String what, ExplainedNode node, List<ExportedSpan> spans, int place) {
    ExportedSpan span = spans.get(place);
    String which = what + "\nnode " + place;
    assertThat(plan(span, "number")).as(which).isEqualTo(String.valueOf(place));
    if (node.parent() >= 0) {
      assertThat(span.parentSpanId()).as(which).isEqualTo(spans.get(node.parent()).spanId());
    }
    WORDS.forEach(
        (key, attribute) -> {
          assertThat(plan(span, attribute)).as(which + " " + key).isEqualTo(node.text(key));
        });
    double loops = node.number("Actual Loops");
    assertThat(figure(span, "loops")).as(which).isEqualTo(loops);
    near(which, figure(span, "startup_cost"), node.number("Startup Cost"), 0.0051);
    near(which, figure(span, "total_cost"), node.number("Total Cost"), 0.0051);
    near(which, figure(span, "estimated_rows"), node.number("Plan Rows"), 0.51);
    assertThat(figure(span, "estimated_width")).as(which).isEqualTo(node.number("Plan Width"));
    double perLoop = Math.max(1, loops);
    near(which, figure(span, "rows") / perLoop, node.number("Actual Rows"), 0.501);
    near(
        which + " startup",
        figure(span, "startup_us") / perLoop,
        1000 * node.number("Actual Startup Time"),
        1.6);
    near(
        which + " total",
        figure(span, "total_us") / perLoop,
        1000 * node.number("Actual Total Time"),
        1.6);
    if (node.json().has("Rows Removed by Filter")) {
      double removed = figure(span, "filtered1") + figure(span, "filtered2");
      near(which, removed / perLoop, node.number("Rows Removed by Filter"), 0.51);
    }
    BLOCKS.forEach(
        (key, attribute) ->
            assertThat(count(span, "pgstitch.buffers." + attribute))
                .as(which + " " + key)
                .isEqualTo(node.count(key)));
    WAL.forEach(
        (key, attribute) ->
            assertThat(count(span, "pgstitch.wal." + attribute))
                .as(which + " " + key)
                .isEqualTo(node.count(key)));
  }

  private static void near(String what, double seen, double wanted, double tolerance) {
    assertThat(seen).as(what).isCloseTo(wanted, within(tolerance));
  }

  private static void compareStat(String what, ExplainedNode node, int place, String line) {
    String which = what + "\n" + line;
    Matcher stat = STAT.matcher(line);
    assertThat(stat.matches()).as(which).isTrue();
    assertThat(stat.group(1)).as(which).isEqualTo(String.valueOf(place + 1));
    assertThat(stat.group(3)).as(which).isEqualTo(String.valueOf(node.parent() + 1));
    double loops = node.number("Actual Loops");
    double perLoop = Math.max(1, loops);
    assertThat(Double.parseDouble(stat.group(9))).as(which).isEqualTo(loops);
    near(which, Double.parseDouble(stat.group(2)) / perLoop, node.number("Actual Rows"), 0.501);
    near(
        which,
        Double.parseDouble(stat.group(10)) / perLoop,
        1000 * node.number("Actual Total Time"),
        1.6);
    long reads =
        node.count("Shared Read Blocks")
            + node.count("Local Read Blocks")
            + node.count("Temp Read Blocks");
    assertThat(Long.parseLong(stat.group(7))).as(which).isEqualTo(reads);
    assertThat(Long.parseLong(stat.group(6)))
        .as(which)
        .isEqualTo(node.count("Shared Hit Blocks") + node.count("Local Hit Blocks") + reads);
    near(which, Double.parseDouble(stat.group(11)), node.number("Total Cost"), 0.51);
    near(which, Double.parseDouble(stat.group(13)), node.number("Plan Rows"), 0.51);
    String operation = stat.group(5).replace("\\", "");
    assertThat(operation)
        .as(which)
        .contains(node.text("Relation Name").replace('\'', ' ').replace("\\", ""));
    assertThat(operation).as(which).contains(node.text("Index Name"));
  }

  /** The blocks of workers are counted once: the run's are those of the top node. */
  private static void compareFetch(String what, List<ExportedSpan> trace, ExplainedNode top) {
    List<ExportedSpan> runs =
        trace.stream()
            .filter(s -> "FETCH".equals(s.attributes().get("pgstitch.kind")))
            .filter(s -> "1".equals(s.attributes().get("pgstitch.depth")))
            .toList();
    if (!top.text("Node Type").equals("ModifyTable")) {
      assertThat(runs).as(what).hasSize(1);
      for (String key : List.of("Shared Hit Blocks", "Shared Read Blocks", "Temp Written Blocks")) {
        assertThat(count(runs.get(0), "pgstitch.buffers." + BLOCKS.get(key)))
            .as(what + "\nFETCH " + key)
            .isEqualTo(top.count(key));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void aSessionCanHaveItsNodesMeasuredWithoutARestart(int major) throws Exception {
    String plain = "select count(*) from t where b = 7 /* plain */";
    String measured = "select count(*) from t where b = 7 /* measured */";
    String inFunction = "select nested(7)";
    try (ThrowawayPostgres server =
        server(major).setting("max_parallel_workers_per_gather", "0").start()) {
      List<ExplainedNode> explained;
      try (Connection connection = connect(server)) {
        run(
            connection,
            PlanCases.schema(server.dataDir().resolve("PG_VERSION").toString())
                .toArray(String[]::new));
        run(
            connection,
            "create function nested(n int) returns bigint language plpgsql as $$"
                + " begin update u set y = y where x <= n;"
                + " return (select count(*) from t where b = n); end $$");
      }
      long logged = Files.size(server.logFile());
      try (RunningUp up = up(server)) {
        try (Connection connection = connect(server)) {
          connection.setAutoCommit(false);
          oneValue(connection, plain);
          for (String statement : planStatistics()) {
            run(connection, statement);
          }
          oneValue(connection, measured);
          oneValue(connection, inFunction);
          connection.commit();
          explained =
              ExplainedNode.parse(
                  oneValue(connection, EXPLAIN + "select count(*) from t where b = 7"));
        }
        assertThat(up.stop().status()).isZero();
      }
      assertThat(Files.readString(server.logFile()).substring((int) logged))
          .doesNotContain("duration:");
      ExportedTraces traces = ExportedTraces.read(dir.resolve("out/spans.jsonl"));
      List<ExportedSpan> estimates = nodes(traces.trace(plain));
      assertThat(estimates).hasSize(explained.size());
      for (int i = 0; i < estimates.size(); i++) {
        assertThat(plan(estimates.get(i), "node_type"))
            .isEqualTo(explained.get(i).text("Node Type"));
        near(
            "",
            figure(estimates.get(i), "total_cost"),
            explained.get(i).number("Total Cost"),
            0.006);
        assertThat(estimates.get(i).attributes())
            .doesNotContainKeys(
                "pgstitch.plan.rows",
                "pgstitch.plan.loops",
                "pgstitch.plan.total_us",
                "pgstitch.rows",
                "pgstitch.buffers.shared_hit");
      }
      List<ExportedSpan> actuals = nodes(traces.trace(measured));
      assertThat(actuals).hasSize(explained.size());
      for (int i = 0; i < actuals.size(); i++) {
        ExplainedNode wanted = explained.get(i);
        assertThat(figure(actuals.get(i), "rows")).isEqualTo(wanted.number("Actual Rows"));
        assertThat(figure(actuals.get(i), "loops")).isEqualTo(wanted.number("Actual Loops"));
        assertThat(figure(actuals.get(i), "total_us")).isPositive();
        assertThat(
                count(actuals.get(i), "pgstitch.buffers.shared_hit")
                    + count(actuals.get(i), "pgstitch.buffers.shared_read"))
            .isEqualTo(wanted.count("Shared Hit Blocks") + wanted.count("Shared Read Blocks"));
      }
      List<ExportedSpan> nested = traces.trace(inFunction);
      assertThat(nested)
          .filteredOn(s -> plan(s, "operation").equals("Update"))
          .singleElement()
          .satisfies(s -> assertThat(plan(s, "relation")).isEqualTo("u"));
      assertThat(nested)
          .filteredOn(s -> plan(s, "relation").equals("u") && plan(s, "index").equals("u_pkey"))
          .allSatisfy(s -> assertThat(figure(s, "rows")).isEqualTo(7));
      assertThat(nested)
          .filteredOn(s -> plan(s, "node_type").equals("Aggregate"))
          .singleElement()
          .satisfies(s -> assertThat(figure(s, "rows")).isEqualTo(1));
      TraceFiles files = TraceFiles.validate(dir.resolve("out/traces"));
      assertThat(files.lines("*** PLAN: #")).hasSizeGreaterThanOrEqualTo(estimates.size());
      assertThat(files.lines("STAT #").stream().filter(l -> l.contains("UPDATE u"))).hasSize(1);
    }
  }

  /** The statements of the file that operators are given. */
  private static List<String> planStatistics() throws Exception {
    Path file = SourceTree.root().resolve("ops/sql/plan-statistics.sql");
    List<String> statements = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      if (!line.isBlank() && !line.startsWith("--")) {
        statements.add(line);
      }
    }
    assertThat(statements).isNotEmpty();
    return statements;
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void walIsAsMuchAsPgStatStatementsCounts(int major) throws Exception {
    List<String> statements =
        List.of(
            "insert into w select g, repeat('x', 50) from generate_series(1, 1000) g",
            "update w set c = 'y' where a <= 300",
            "delete from w where a > 900",
            "insert into w values (5000, 'one')",
            "create table w2 as select * from w",
            "create index w_a on w (a)",
            "select count(*) from w");
    try (ThrowawayPostgres server =
        server(major)
            .setting("pg_stat_statements.track", "top")
            .preload("pg_stat_statements")
            .start()) {
      List<long[]> counted = new ArrayList<>();
      try (Connection connection = connect(server)) {
        run(connection, "create extension pg_stat_statements", "create table w (a int, c text)");
      }
      try (RunningUp up = up(server)) {
        try (Connection connection = connect(server)) {
          run(connection, "checkpoint", "select pg_stat_statements_reset()");
          for (String statement : statements) {
            run(connection, statement);
          }
          for (String statement : statements) {
            counted.add(counted(connection, statement));
          }
        }
        assertThat(up.stop().status()).isZero();
      }
      ExportedTraces traces = ExportedTraces.read(dir.resolve("out/spans.jsonl"));
      for (int i = 0; i < statements.size(); i++) {
        // What pg_stat_statements measures; planning, which may prune pages of catalogs, is beside
        // it.
        boolean utility = statements.get(i).startsWith("create");
        List<ExportedSpan> calls =
            traces.trace(statements.get(i)).stream()
                .filter(s -> "0".equals(s.attributes().get("pgstitch.depth")))
                .filter(
                    s ->
                        utility
                            ? s.name().equals("standard_ProcessUtility")
                            : s.name().equals("standard_ExecutorRun")
                                || s.name().equals("standard_ExecutorFinish"))
                .toList();
        assertThat(calls).isNotEmpty();
        long[] seen = new long[3];
        for (ExportedSpan call : calls) {
          seen[0] += count(call, "pgstitch.wal.records");
          seen[1] += count(call, "pgstitch.wal.fpi");
          seen[2] += count(call, "pgstitch.wal.bytes");
        }
        assertThat(seen).as(major + ": " + statements.get(i)).isEqualTo(counted.get(i));
      }
      assertThat(counted.get(0)[0]).isGreaterThanOrEqualTo(1000);
      TraceFiles files = TraceFiles.validate(dir.resolve("out/traces"));
      assertThat(files.lines("*** WAL: #"))
          .anyMatch(
              l ->
                  l.endsWith(
                      "EXEC records=%d fpi=%d bytes=%d"
                          .formatted(counted.get(0)[0], counted.get(0)[1], counted.get(0)[2])));
    }
  }

  private static long[] counted(Connection connection, String statement) throws SQLException {
    String shape = statement.replaceAll("'[^']*'|\\b\\d+\\b", "%");
    String find =
        "select wal_records || ',' || wal_fpi || ',' || wal_bytes from pg_stat_statements"
            + " where query like '"
            + shape
            + "' and query not like '%pg_stat_statements%'";
    String[] parts = oneValue(connection, find).split(",");
    return new long[] {
      Long.parseLong(parts[0]), Long.parseLong(parts[1]), Long.parseLong(parts[2])
    };
  }
}
