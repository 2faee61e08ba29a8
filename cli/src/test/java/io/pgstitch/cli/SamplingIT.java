package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgstitch.cli.Launcher.Outcome;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import io.pgstitch.testkit.trace.Trace10046Validator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code pgstitch sampling} while a real server works. */
class SamplingIT {
  private static final int REST = 400;
  private static final double SHARE = 0.2;
  private static final int OTHERS = 50;
  private static final String CONTEXT =
      "/*traceparent='00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'*/";

  @TempDir private Path dir;

  private Launcher launcher() {
    return new Launcher(dir).with("PGSTITCH_RUN_DIR", dir.resolve("run").toString());
  }

  private Outcome sampling(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("sampling"));
    all.addAll(List.of(arguments));
    Outcome outcome = launcher().run(all.toArray(String[]::new));
    assertThat(outcome.status()).as(outcome.out() + outcome.err()).isZero();
    return outcome;
  }

  private static Connection connect(ThrowawayPostgres server, String database) throws SQLException {
    return DriverManager.getConnection(server.jdbcUrl(database) + "&preferQueryMode=simple");
  }

  private static void run(ThrowawayPostgres server, String database, int times, String text)
      throws SQLException {
    try (Connection connection = connect(server, database);
        Statement statement = connection.createStatement()) {
      for (int i = 0; i < times; i++) {
        statement.execute(text + " " + i);
      }
    }
  }

  @Test
  void notableStatementsAndAShareOfTheRestKeepTheirSpans() throws Exception {
    try (ThrowawayPostgres server =
        ThrowawayPostgres.builder(PostgresInstallations.debian().get(0))
            .preload("pg_stat_statements")
            .start()) {
      server.client().sql("create database shop");
      server.client().sql("create database other");
      server.client().sql("create extension pg_stat_statements");
      server.client().sql("select pg_stat_statements_reset()");
      Outcome outcome;
      long calls;
      List<String> arguments =
          List.of("up", "--out", "out", "--pid", String.valueOf(server.postmasterPid()));
      try (RunningUp up = RunningUp.command(launcher(), dir, "up", arguments).awaitReady()) {
        assertThat(sampling("show").out()).contains("no sampling rules");
        sampling("set", "--share", "20%", "--slower-than", "3000", "--database", "shop");
        up.awaitError("database=shop&role=* now");
        notable(server);
        run(server, "shop", REST, "select 'rest' || ");
        run(server, "other", OTHERS, "select 'before' || ");

        sampling("set", "--share", "0%", "--database", "other");
        up.awaitError("database=other&role=* now");
        JsonNode rules = new ObjectMapper().readTree(sampling("show", "--json").out());
        assertThat(rules.findValuesAsText("database")).containsExactly("other", "shop");
        run(server, "other", OTHERS, "select 'during' || ");
        run(server, "shop", OTHERS, "select 'still' || ");

        sampling("unset", "--database", "other");
        up.awaitError("database=other&role=* has no rule any more");
        run(server, "other", OTHERS, "select 'after' || ");
        calls = calls(server);
        outcome = up.stop();
      }
      assertThat(outcome.status()).as(outcome.out() + outcome.err()).isZero();
      List<ExportedSpan> roots = roots();
      assertNotableAreKept(roots);
      assertSharesAreKept(roots);
      assertCountsAddUp(roots, outcome.out(), calls);
      assertFilesHaveEverything();
    }
  }

  private static void notable(ThrowawayPostgres server) throws Exception {
    try (Connection one = connect(server, "shop");
        Connection two = connect(server, "shop");
        Statement holder = one.createStatement();
        Statement waiter = two.createStatement()) {
      holder.execute("select 'slow' from pg_sleep(3.1)");
      assertThat(fails(holder, "select 'failed' || 1/0")).isTrue();
      holder.execute("select 'context' " + CONTEXT);
      holder.execute("begin");
      holder.execute("select 'held' from pg_advisory_xact_lock(7)");
      CompletableFuture<Void> waiting =
          CompletableFuture.runAsync(
              () -> {
                try {
                  waiter.execute("select 'waits' from pg_advisory_lock(7)");
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              });
      while (waiting(server) == 0) {
        TimeUnit.MILLISECONDS.sleep(10);
      }
      holder.execute("select 'meanwhile'");
      holder.execute("commit");
      waiting.get(60, TimeUnit.SECONDS);
      holder.execute("set pgstitch.level = 12");
      holder.execute("select 'asked'");
    }
  }

  private static boolean fails(Statement statement, String text) {
    try {
      statement.execute(text);
      return false;
    } catch (SQLException e) {
      return true;
    }
  }

  private static long waiting(ThrowawayPostgres server) {
    return Long.parseLong(server.client().sql("select count(*) from pg_locks where not granted"));
  }

  private static long calls(ThrowawayPostgres server) throws SQLException {
    try (Connection connection = connect(server, "postgres");
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select sum(calls) from pg_stat_statements s join pg_database d on d.oid = s.dbid"
                    + " where datname in ('shop', 'other')")) {
      row.next();
      return row.getLong(1);
    }
  }

  /** Of a statement within an application's trace the root has a parent. */
  private List<ExportedSpan> roots() throws Exception {
    List<ExportedSpan> roots = new ArrayList<>();
    new SpanFile(dir.resolve("out/spans.jsonl"))
        .forEach(
            span -> {
              if (span.attributes().containsKey("pgstitch.trace_id")) {
                roots.add(span);
              }
            });
    return roots;
  }

  private static void assertNotableAreKept(List<ExportedSpan> roots) {
    assertThat(reason(roots, "select 'slow' ")).isEqualTo("SLOW 1.0");
    assertThat(reason(roots, "select 'failed' ")).isEqualTo("FAILED 1.0");
    assertThat(reason(roots, "select 'context' ")).isEqualTo("REQUESTED 1.0");
    assertThat(reason(roots, "select 'asked'")).isEqualTo("REQUESTED 1.0");
    // On a machine that stands still it may have been slow as well.
    for (String involved : List.of("held", "waits", "meanwhile")) {
      assertThat(reason(roots, "select '" + involved + "'")).isIn("LOCK 1.0", "SLOW 1.0");
    }
  }

  private static String reason(List<ExportedSpan> roots, String text) {
    List<ExportedSpan> found =
        roots.stream().filter(root -> root.statement().startsWith(text)).toList();
    assertThat(found).as(text).hasSize(1);
    return reason(found.get(0));
  }

  private static String reason(ExportedSpan root) {
    return root.attributes().getOrDefault("pgstitch.sampling.reason", "none")
        + " "
        + root.attributes().getOrDefault("pgstitch.sampling.share", "");
  }

  private static List<ExportedSpan> named(List<ExportedSpan> roots, String name) {
    return roots.stream()
        .filter(root -> root.statement().startsWith("select '" + name + "' ||"))
        .toList();
  }

  private static void assertSharesAreKept(List<ExportedSpan> roots) {
    List<ExportedSpan> rest = named(roots, "rest");
    double deviation = Math.sqrt(REST * SHARE * (1 - SHARE));
    assertThat((double) rest.size())
        .isBetween(REST * SHARE - 6 * deviation, REST * SHARE + 6 * deviation);
    assertThat(rest).allMatch(root -> reason(root).equals("SHARE 0.2"));
    assertThat(named(roots, "before"))
        .hasSize(OTHERS)
        .allMatch(root -> reason(root).equals("none "));
    assertThat(named(roots, "during")).isEmpty();
    assertThat(named(roots, "still")).hasSizeBetween(1, OTHERS - 1);
    assertThat(named(roots, "after")).hasSize(OTHERS);
  }

  private static void assertCountsAddUp(List<ExportedSpan> roots, String out, long calls) {
    Matcher sampled =
        Pattern.compile("sampled: of (\\d+) statements the spans of (\\d+) left out; kept: (.*)")
            .matcher(out);
    assertThat(sampled.find()).as(out).isTrue();
    long all = Long.parseLong(sampled.group(1));
    long leftOut = Long.parseLong(sampled.group(2));
    assertThat(sum(sampled.group(3), "(\\d+)") + leftOut).isEqualTo(all);
    String processed =
        out.lines().filter(line -> line.startsWith("processed: ")).findFirst().orElseThrow();
    assertThat(sum(processed, "traces_\\w+ (\\d+)")).isEqualTo(all);
    assertThat((long) roots.size()).isEqualTo(all - leftOut);
    long kept =
        roots.stream()
            .filter(root -> !"postgres".equals(root.attributes().get("db.namespace")))
            .filter(root -> "true".equals(root.attributes().get("pgstitch.executed")))
            .count();
    assertThat(kept + leftOut).isEqualTo(calls);
  }

  private static long sum(String text, String pattern) {
    Matcher number = Pattern.compile(pattern).matcher(text);
    long sum = 0;
    while (number.find()) {
      sum += Long.parseLong(number.group(1));
    }
    return sum;
  }

  /** The 10046 files are of whole sessions. */
  private void assertFilesHaveEverything() throws Exception {
    List<Path> files;
    try (Stream<Path> found = Files.list(dir.resolve("out/traces"))) {
      files = found.filter(f -> f.toString().endsWith(".trc")).toList();
    }
    long rest = 0;
    long during = 0;
    for (Path file : files) {
      assertThat(Trace10046Validator.ofEndedSession().validate(file).violations())
          .as(file.toString())
          .isEmpty();
      List<String> lines = Files.readAllLines(file);
      rest += lines.stream().filter(l -> l.startsWith("select 'rest' ||")).count();
      during += lines.stream().filter(l -> l.startsWith("select 'during' ||")).count();
    }
    assertThat(rest).isEqualTo(REST);
    assertThat(during).isEqualTo(OTHERS);
  }
}
