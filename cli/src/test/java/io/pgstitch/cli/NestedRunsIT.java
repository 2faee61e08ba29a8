package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgstitch.cli.Launcher.Outcome;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Executors inside executors, deeper than the kernel remembers returns: statements and rows are the
 * server's, and where returns were not seen the trace says so.
 */
class NestedRunsIT {
  private static final int WITHIN = 40;
  private static final int BEYOND = 100;

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

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void areCountedAtAnyDepthAndMarkedWhereReturnsAreUnseen(int major) throws Exception {
    ServerCounts counted;
    String rows;
    try (ThrowawayPostgres server =
        ThrowawayPostgres.builder(PostgresInstallations.ofMajor(major))
            .preload("pg_stat_statements")
            .setting("pg_stat_statements.track", "all")
            .setting("pg_stat_statements.track_utility", "off")
            .setting("autovacuum", "off")
            .start()) {
      for (String sql :
          List.of("create extension pg_stat_statements", "create table visited (n int)")) {
        server.client().sql(sql);
      }
      List.of(DEEP, PLAIN, FAILS).forEach(server.client()::sql);
      Outcome outcome;
      try (RunningUp up =
          RunningUp.start(dir, "--pid", String.valueOf(server.postmasterPid()), "--level", "8")) {
        ServerCounts.reset(server.jdbcUrl("postgres"));
        run(server, "within", "select deep(" + WITHIN + ")");
        run(server, "beyond", "select deep(" + BEYOND + ")");
        blind(server);
        counted = ServerCounts.read(server.jdbcUrl("postgres"));
        run(server, "basic&options=-c%20pgstitch.level=1", "select plain(" + WITHIN + ")");
        run(server, "basic&options=-c%20pgstitch.level=1", "select plain(" + BEYOND + ")");
        rows = server.client().sql("select count(*) from visited where n > 7");
        outcome = up.stop();
      }
      assertThat(outcome.status()).as(outcome.out() + outcome.err()).isZero();
    }
    ExportedTraces traces = ExportedTraces.read(dir.resolve("out/spans.jsonl"));
    assertThat(traces.doubled()).isEmpty();
    counted.compareWith(traces, List.of("within", "beyond", "blind"));
    check(traces.trace("select deep(" + WITHIN + ")"), WITHIN, true);
    check(traces.trace("select deep(" + BEYOND + ")"), BEYOND, false);
    check(traces.trace("select deep(7)"), 7, false);
    assertThat(rowsAbove7(traces, WITHIN) + rowsAbove7(traces, BEYOND))
        .isEqualTo(Long.parseLong(rows));
    checkPlain(traces.trace("select plain(" + WITHIN + ")"), WITHIN, true);
    checkPlain(traces.trace("select plain(" + BEYOND + ")"), BEYOND, false);
    TraceFiles.validate(dir.resolve("out/traces"));
  }

  private static void run(ThrowawayPostgres server, String application, String sql)
      throws Exception {
    try (Connection connection = connect(server, application);
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      assertThat(result.next()).isTrue();
    }
  }

  /** After an error with that many open calls the kernel reports no return of the session. */
  private static void blind(ThrowawayPostgres server) throws Exception {
    try (Connection connection = connect(server, "blind");
        Statement statement = connection.createStatement()) {
      assertThatThrownBy(() -> statement.execute("select fails(" + BEYOND + ")"))
          .hasMessageContaining("division by zero");
      statement.execute("select deep(7)");
    }
  }

  private static Connection connect(ThrowawayPostgres server, String application) throws Exception {
    return DriverManager.getConnection(
        server.jdbcUrl("postgres") + "&preferQueryMode=simple&ApplicationName=" + application);
  }

  /** The function's calls, each inside the one before, with the rows that it made. */
  private static void check(List<ExportedSpan> trace, int calls, boolean complete) {
    checkMark(trace, complete);
    List<ExportedSpan> inserts = named(trace, "insert into visited");
    assertThat(inserts).hasSize(calls);
    assertThat(inserts.stream().map(NestedRunsIT::depth).sorted().toList())
        .isEqualTo(java.util.stream.IntStream.rangeClosed(1, calls).boxed().toList());
    for (ExportedSpan insert : inserts) {
      int n = calls + 1 - depth(insert);
      assertThat(rows(insert)).as("rows of the insert of " + n).isEqualTo(n % 3 + 1);
    }
    List<ExportedSpan> loops = named(trace, "select g from generate_series(1, 12) g");
    assertThat(loops).hasSize(calls / 5).allMatch(s -> rows(s) == 12);
  }

  /** At level 1 nothing tells the rows of a run whose return is unseen: it has none. */
  private static void checkPlain(List<ExportedSpan> trace, int calls, boolean complete) {
    checkMark(trace, complete);
    List<ExportedSpan> nested = named(trace, "SELECT plain(n - 1)");
    assertThat(nested).hasSize(calls - 1);
    assertThat(nested).allMatch(s -> rows(s) == 1 || (!complete && rows(s) == -1));
    assertThat(nested.stream().filter(s -> rows(s) == 1).count())
        .isGreaterThanOrEqualTo(Math.min(calls - 1, 60));
  }

  private static void checkMark(List<ExportedSpan> trace, boolean complete) {
    ExportedSpan root = trace.stream().filter(ExportedSpan::isRoot).findFirst().orElseThrow();
    assertThat(root.attributes()).containsEntry("pgstitch.complete", String.valueOf(complete));
    assertThat(root.attributes().containsKey("pgstitch.unseen_returns")).isEqualTo(!complete);
  }

  private static List<ExportedSpan> named(List<ExportedSpan> trace, String text) {
    return trace.stream()
        .filter(s -> s.kind().equals("STATEMENT") && s.statement().startsWith(text))
        .toList();
  }

  private static long rowsAbove7(ExportedTraces traces, int calls) {
    return named(traces.trace("select deep(" + calls + ")"), "insert into visited").stream()
        .filter(s -> calls + 1 - depth(s) > 7)
        .mapToLong(NestedRunsIT::rows)
        .sum();
  }

  private static int depth(ExportedSpan span) {
    return Integer.parseInt(span.attributes().get("pgstitch.depth"));
  }

  private static long rows(ExportedSpan span) {
    return Long.parseLong(span.attributes().getOrDefault("pgstitch.rows", "-1"));
  }
}
