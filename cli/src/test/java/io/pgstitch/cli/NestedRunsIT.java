package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import io.pgstitch.testkit.InstallationCopy;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Executors inside executors, deeper than the kernel remembers returns: statements and rows are the
 * server's, and where returns were not seen the trace says so. The servers have binaries of their
 * own: returns that another collector watches in the same file count for the kernel, too.
 */
class NestedRunsIT {
  private static final int WITHIN = 40;
  private static final int BEYOND = 100;

  /** Calls whose returns are seen, with PortalRun around them. */
  private static final int SEEN = 60;

  /** Each call has an INSERT of some rows, and one query in whose run the next call is. */
  private static final String DEEP =
      """
      create function deep(n int) returns int language plpgsql as $$
      declare r record;
      begin
        insert into visited select n from generate_series(1, n % 3 + 1);
        if n % 5 = 0 then
          for r in select g from generate_series(1, 12) g loop
            if r.g = 11 then perform deep(n - 1); end if;
          end loop;
        elsif n > 1 then
          perform case when g = 2 then deep(n - 1) end from generate_series(1, n % 4 + 2) g;
        end if;
        return n;
      end $$
      """;

  private static final String PLAIN =
      """
      create function plain(n int) returns int language plpgsql as $$
      begin
        if n > 1 then perform plain(n - 1); end if;
        return n;
      end $$
      """;

  private static final String FAILS =
      """
      create function fails(n int) returns int language plpgsql as $$
      begin
        if n > 1 then perform fails(n - 1); else perform 1 / 0; end if;
        return n;
      end $$
      """;

  @TempDir private Path dir;

  private record Count(long calls, long rows) {
    Count plus(Count other) {
      return new Count(calls + other.calls, rows + other.rows);
    }
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void areCountedAtAnyDepthAndMarkedWhereReturnsAreUnseen(int major) throws Exception {
    try (InstallationCopy build = InstallationCopy.of(PostgresInstallations.ofMajor(major));
        ThrowawayPostgres server = server(build);
        StitchedServer stitched = collect(server, "8")) {
      run(server, "select deep(" + WITHIN + ")");
      run(server, "select deep(" + BEYOND + ")");
      blind(server);
      Map<Long, Count> counted = counted(server);
      long visited =
          Long.parseLong(server.client().sql("select count(*) from visited where n > 7"));
      List<QueryTrace> traces = stitched.stop();
      check(of(traces, "select deep(" + WITHIN + ")"), WITHIN, WITHIN);
      check(of(traces, "select deep(" + BEYOND + ")"), BEYOND, SEEN);
      check(of(traces, "select deep(7)"), 7, 0);
      assertThat(traced(traces)).containsAllEntriesOf(counted);
      assertThat(
              inserted(of(traces, "select deep(" + WITHIN + ")"), WITHIN)
                  + inserted(of(traces, "select deep(" + BEYOND + ")"), BEYOND))
          .isEqualTo(visited);
      assertThat(stitched.status().returnsUnseen())
          .isEqualTo(traces.stream().mapToLong(QueryTrace::getUnseenReturns).sum())
          .isPositive();
    }
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void atLevel1HaveRowsOrNone(int major) throws Exception {
    try (InstallationCopy build = InstallationCopy.of(PostgresInstallations.ofMajor(major));
        ThrowawayPostgres server = server(build);
        StitchedServer stitched = collect(server, "1")) {
      run(server, "select plain(64)");
      run(server, "select plain(" + BEYOND + ")");
      List<QueryTrace> traces = stitched.stop();
      checkPlain(of(traces, "select plain(64)"), 64, true);
      checkPlain(of(traces, "select plain(" + BEYOND + ")"), BEYOND, false);
    }
  }

  private ThrowawayPostgres server(InstallationCopy build) {
    ThrowawayPostgres server =
        ThrowawayPostgres.builder(build.installation())
            .preload("pg_stat_statements")
            .setting("pg_stat_statements.track", "all")
            .setting("pg_stat_statements.track_utility", "off")
            .setting("autovacuum", "off")
            .start();
    List.of(
            "create extension pg_stat_statements",
            "create table visited (n int)",
            DEEP,
            PLAIN,
            FAILS)
        .forEach(server.client()::sql);
    server.client().sql("select pg_stat_statements_reset()");
    return server;
  }

  private StitchedServer collect(ThrowawayPostgres server, String level) {
    return StitchedServer.start(
        dir, Map.of("level", level, "pids", String.valueOf(server.postmasterPid())));
  }

  private static void run(ThrowawayPostgres server, String sql) throws Exception {
    try (Connection connection = connect(server);
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      assertThat(result.next()).isTrue();
    }
  }

  /** After an error with that many open calls the kernel reports no return of the session. */
  private static void blind(ThrowawayPostgres server) throws Exception {
    try (Connection connection = connect(server);
        Statement statement = connection.createStatement()) {
      assertThatThrownBy(() -> statement.execute("select fails(" + BEYOND + ")"))
          .hasMessageContaining("division by zero");
      statement.execute("select deep(7)");
    }
  }

  private static Connection connect(ThrowawayPostgres server) throws Exception {
    return DriverManager.getConnection(server.jdbcUrl("postgres") + "&preferQueryMode=simple");
  }

  /** By query id; up to 16 the server counts the rows of a loop's last piece alone. */
  private static Map<Long, Count> counted(ThrowawayPostgres server) throws Exception {
    Map<Long, Count> all = new TreeMap<>();
    try (Connection connection = connect(server);
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "select queryid, calls, rows from pg_stat_statements"
                    + " where query ~ 'deep' or query ~ 'insert into visited'")) {
      while (rows.next()) {
        all.merge(rows.getLong(1), new Count(rows.getLong(2), rows.getLong(3)), Count::plus);
      }
    }
    assertThat(all).hasSizeGreaterThanOrEqualTo(4);
    return all;
  }

  private static Map<Long, Count> traced(List<QueryTrace> traces) {
    Map<Long, Count> all = new TreeMap<>();
    for (QueryTrace trace : traces) {
      for (Span span : trace.getSpans()) {
        if (span.getKind() == SpanKind.STATEMENT && span.getSqlstate() == null) {
          all.merge(span.getQueryId(), new Count(1, span.getRows()), Count::plus);
        }
      }
    }
    return all;
  }

  private static QueryTrace of(List<QueryTrace> traces, String text) {
    List<QueryTrace> found = traces.stream().filter(t -> t.getText().equals(text)).toList();
    assertThat(found).as(text).hasSize(1);
    return found.get(0);
  }

  /** The function's calls, each inside the one before, with the rows that it made. */
  private static void check(QueryTrace trace, int calls, int seen) {
    checkMark(trace, seen == calls);
    List<Span> inserts = inserts(trace);
    assertThat(inserts).hasSize(calls);
    for (int i = 0; i < calls; i++) {
      int n = calls - i;
      assertThat(inserts.get(i).getRows()).as("rows of the insert of " + n).isEqualTo(n % 3 + 1);
      if (i < seen) {
        assertThat(inserts.get(i).getDepth()).isEqualTo(i + 1);
      } else if (i > 0) {
        // What is open is judged by the stack, where a hook's frame may be the deeper one.
        assertThat(inserts.get(i).getDepth()).isGreaterThan(inserts.get(i - 1).getDepth());
      }
    }
    // Where returns are unseen a planning may not be joined with its run, and has no rows.
    List<Span> loops =
        named(trace, "select g from generate_series(1, 12) g").stream()
            .filter(s -> seen == calls || s.getRows() >= 0)
            .toList();
    assertThat(loops).hasSize(calls / 5).allMatch(s -> s.getRows() == 12);
  }

  /** At level 1 nothing tells the rows of a run whose return is unseen: it has none. */
  private static void checkPlain(QueryTrace trace, int runs, boolean complete) {
    checkMark(trace, complete);
    assertThat(trace.getRows()).isEqualTo(1);
    List<Span> nested = named(trace, "SELECT plain(n - 1)");
    assertThat(nested).hasSize(runs - 1);
    for (Span span : nested) {
      assertThat(span.getRows()).isEqualTo(span.getDepth() < 64 ? 1 : -1);
    }
  }

  private static void checkMark(QueryTrace trace, boolean complete) {
    assertThat(trace.getComplete()).as(trace.getText()).isEqualTo(complete);
    assertThat(trace.getUnseenReturns() == 0).as(trace.getText()).isEqualTo(complete);
  }

  private static List<Span> named(QueryTrace trace, String text) {
    return trace.getSpans().stream()
        .filter(s -> s.getKind() == SpanKind.STATEMENT && s.getText().strip().startsWith(text))
        .toList();
  }

  /** In the order of the calls: each has its own before the next call. */
  private static List<Span> inserts(QueryTrace trace) {
    return named(trace, "insert into visited").stream()
        .sorted(Comparator.comparing(Span::getStartUtcNs))
        .toList();
  }

  /** Rows that the calls of more than 7 made. */
  private static long inserted(QueryTrace trace, int calls) {
    return inserts(trace).stream().limit(calls - 7).mapToLong(Span::getRows).sum();
  }
}
