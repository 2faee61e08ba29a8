package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import io.pgstitch.testkit.trace.BlockCounts;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What spans have an attribute for and Oracle's lines no place, trace files say in star lines. That
 * both say the same is compared for each file that is validated.
 */
class StarLinesIT {
  private static final String FILL =
      "create temp table scratch as select g, repeat('x', 100) as filler from generate_series(1, 20000) g";
  private static final String CHANGE_LOCAL = "update scratch set g = g + 1";
  private static final String SORT =
      "select count(*) from (select g from scratch order by filler, g) sorted";
  private static final String CHANGE_SHARED = "update big set g = g + 1";
  private static final String EXPLAIN = "explain (analyze, buffers, wal, format json) ";

  /** What the kernel's program reads of a text, in bytes. */
  private static final int LONGEST_TEXT = 256 * 4095;

  @TempDir private Path dir;

  @ParameterizedTest
  @ValueSource(ints = {13, 15, 18})
  void blocksOfAllKindsAndWalAreThoseOfTheServer(int major) throws Exception {
    Map<String, Map<String, Long>> counted = new HashMap<>();
    String file;
    try (ThrowawayPostgres server =
        ThrowawayPostgres.builder(PostgresInstallations.ofMajor(major))
            .preload("pg_stat_statements")
            .setting("autovacuum", "off")
            .setting("shared_buffers", "2MB")
            .setting("bgwriter_lru_maxpages", "0")
            .setting("checkpoint_timeout", "1h")
            .setting("temp_buffers", "800kB")
            .setting("work_mem", "64kB")
            .setting("max_parallel_workers_per_gather", "0")
            .start()) {
      server.client().sql("create extension pg_stat_statements");
      server
          .client()
          .sql("create table big as select g, repeat('x', 100) from generate_series(1, 40000) g");
      file =
          server
              .client()
              .sql(
                  "select format('*** FILE: file#=%s fork=main tablespace=1663 database=%s oid=%s"
                      + " relation=big', pg_relation_filenode(c.oid), d.oid, c.oid)"
                      + " from pg_class c, pg_database d"
                      + " where relname = 'big' and datname = current_database()");
      try (RunningUp up =
          RunningUp.start(dir, "--pid", String.valueOf(server.postmasterPid()), "--level", "12")) {
        try (Connection c = DriverManager.getConnection(server.jdbcUrl("postgres"));
            Statement s = c.createStatement()) {
          for (String statement : List.of(FILL, CHANGE_LOCAL, SORT, CHANGE_SHARED)) {
            s.execute(statement);
          }
          for (String statement : List.of(CHANGE_LOCAL, SORT, CHANGE_SHARED)) {
            counted.put(EXPLAIN + statement, explained(s, EXPLAIN + statement));
          }
          for (String statement : List.of(FILL, CHANGE_LOCAL, SORT, CHANGE_SHARED)) {
            counted.put(statement, accumulated(s, statement));
          }
        }
        assertThat(up.stop().status()).isZero();
      }
    }
    TraceFiles files = TraceFiles.validate(dir.resolve("out/traces"));
    ExportedTraces traces = ExportedTraces.read(dir.resolve("out/spans.jsonl"));
    counted.forEach(
        (statement, expected) ->
            assertThat(measured(traces.trace(statement), statement.startsWith(EXPLAIN)))
                .as("where the server measures " + statement)
                .isEqualTo(expected));
    List<String> lines = files.linesOfLongest("");
    Map<String, Long> all = new TreeMap<>();
    counted.forEach(
        (statement, expected) -> {
          Map<String, Long> found = CountedLines.of(lines, statement);
          // What looks things up in the catalogs before and after the executor hits and reads
          // blocks, too, and each may have to make room by writing another.
          long looks = sharedLooks(found) - sharedLooks(expected);
          long foundWritten = take(found, "shared_written");
          long written = foundWritten - take(expected, "shared_written");
          assertThat(looks).as(statement).isNotNegative();
          assertThat(written).as(statement).isBetween(0L, looks);
          if (!expected.containsKey("records")) {
            // A page of the catalogs that is looked at may be pruned, which makes WAL.
            assertThat(take(found, "records")).as(statement).isLessThanOrEqualTo(looks);
            found.keySet().removeAll(List.of("fpi", "bytes"));
          }
          assertThat(found).as("found for " + statement).isEqualTo(expected);
          found.forEach((kind, count) -> all.merge(kind, count, Long::sum));
          all.merge("shared_written", foundWritten, Long::sum);
        });
    all.values().removeIf(count -> count == 0);
    assertThat(all.keySet())
        .containsAll(List.of("local_hit", "local_read", "local_dirtied", "local_written"))
        .containsAll(List.of("shared_dirtied", "shared_written", "temp_read", "temp_written"))
        .containsAll(List.of("records", "bytes"));
    assertThat(files.lines("*** FILE: "))
        .contains(file)
        .anyMatch(line -> line.matches(".* fd=\\d+ path=base/pgsql_tmp/pgsql_tmp.*"));
  }

  /**
   * What the functions around which the server measures have in the spans: the executor's run and
   * finish, or the utility command's.
   *
   * @param explained the run inside the command is what is printed
   */
  private static Map<String, Long> measured(List<ExportedSpan> trace, boolean explained) {
    boolean utility =
        !explained && trace.stream().anyMatch(s -> s.name().equals("standard_ProcessUtility"));
    List<String> names =
        utility
            ? List.of("standard_ProcessUtility")
            : List.of("standard_ExecutorRun", "standard_ExecutorFinish");
    Map<String, ExportedSpan> measured = new HashMap<>();
    trace.stream().filter(s -> names.contains(s.name())).forEach(s -> measured.put(s.spanId(), s));
    Map<String, String> parents = new HashMap<>();
    trace.forEach(s -> parents.put(s.spanId(), s.parentSpanId()));
    Map<String, Long> counts = new TreeMap<>();
    for (ExportedSpan span : measured.values()) {
      String around = span.parentSpanId();
      while (around != null && !measured.containsKey(around)) {
        around = parents.get(around);
      }
      if (around == null) {
        span.attributes()
            .forEach(
                (key, value) -> {
                  if (key.startsWith("pgstitch.buffers.") || key.startsWith("pgstitch.wal.")) {
                    counts.merge(
                        key.replaceFirst("pgstitch\\.(buffers|wal)\\.", ""),
                        Long.valueOf(value),
                        Long::sum);
                  }
                });
      }
    }
    counts.values().removeIf(count -> count == 0);
    return counts;
  }

  /** Takes them out. */
  private static long sharedLooks(Map<String, Long> counts) {
    return take(counts, "shared_hit") + take(counts, "shared_read");
  }

  private static long take(Map<String, Long> counts, String kind) {
    Long count = counts.remove(kind);
    return count == null ? 0 : count;
  }

  /** As EXPLAIN says it of the whole plan. */
  private static Map<String, Long> explained(Statement s, String statement) throws Exception {
    try (ResultSet rows = s.executeQuery(statement)) {
      assertThat(rows.next()).isTrue();
      JsonNode plan = new ObjectMapper().readTree(rows.getString(1)).get(0).get("Plan");
      Map<String, Long> counts = new TreeMap<>();
      for (String kind : BlockCounts.KINDS) {
        String[] words = kind.split("_", 2);
        String name = capital(words[0]) + " " + capital(words[1]) + " Blocks";
        counts.put(kind, plan.get(name).asLong());
      }
      counts.put("records", plan.get("WAL Records").asLong());
      counts.put("fpi", plan.get("WAL FPI").asLong());
      counts.put("bytes", plan.get("WAL Bytes").asLong());
      counts.values().removeIf(count -> count == 0);
      return counts;
    }
  }

  private static String capital(String word) {
    return word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1);
  }

  /** As pg_stat_statements says it. */
  private static Map<String, Long> accumulated(Statement s, String statement) throws SQLException {
    String text = statement.replaceAll("\\d+(?=\\b)", "%").replace("'x'", "%");
    try (ResultSet rows =
        s.executeQuery(
            "select * from pg_stat_statements where calls = 1 and query like '%s'"
                .formatted(text))) {
      assertThat(rows.next()).as(text).isTrue();
      Map<String, Long> counts = new TreeMap<>();
      for (String kind : BlockCounts.KINDS) {
        counts.put(kind, rows.getLong(kind.replace("_", "_blks_")));
      }
      for (String wal : List.of("records", "fpi", "bytes")) {
        counts.put(wal, rows.getLong("wal_" + wal));
      }
      counts.values().removeIf(count -> count == 0);
      assertThat(rows.next()).as("another " + text).isFalse();
      return counts;
    }
  }

  @Test
  void whatRanAtTheAttachmentIsSaidToHaveBegunBeforeAndSoIsWhatItWaitedFor() throws Exception {
    long attaching;
    long attached;
    long ending;
    long ended;
    try (ThrowawayPostgres server =
            ThrowawayPostgres.builder(PostgresInstallations.debian().get(0)).start();
        PsqlSession sleeper = new PsqlSession(server, "postgres", "postgres");
        PsqlSession holder = new PsqlSession(server, "postgres", "postgres");
        PsqlSession waiter = new PsqlSession(server, "postgres", "postgres");
        PsqlSession copier = new PsqlSession(server, "postgres", "postgres")) {
      assertThat(holder.row("select 1 from pg_advisory_lock(1);")).isEqualTo("1");
      server.client().sql("create table copied (a int)");
      sleeper.send("select 'slept' from pg_sleep(3600);");
      copier.send("copy copied from stdin;");
      waiter.send("select 'locked' from pg_advisory_lock(1);");
      String waiting =
          "select count(*) from pg_stat_activity where state = 'active'"
              + " and wait_event in ('PgSleep', 'advisory', 'ClientRead')";
      while (!server.client().sql(waiting).equals("3")) {
        Thread.sleep(20);
      }
      attaching = System.nanoTime();
      try (RunningUp up =
          RunningUp.start(dir, "--pid", String.valueOf(server.postmasterPid()), "--level", "12")) {
        attached = System.nanoTime();
        Thread.sleep(300);
        ending = System.nanoTime();
        assertThat(holder.row("select 2 from pg_advisory_unlock(1);")).isEqualTo("2");
        assertThat(waiter.read()).isEqualTo("locked");
        copier.send("7\n\\.");
        assertThat(copier.row("select 'copied ' || a from copied;")).isEqualTo("copied 7");
        assertThat(server.client().sql("select pg_cancel_backend(" + sleeper.pid() + ")"))
            .isEqualTo("t");
        // This psql ends with an error.
        assertThat(sleeper.read()).isNull();
        ended = System.nanoTime();
        assertThat(waiter.row("select 'later';")).isEqualTo("later");
        assertThat(up.stop().status()).isZero();
      }
    }
    TraceFiles files = TraceFiles.validate(dir.resolve("out/traces"));
    assertThat(files.lines("*** BEGUN BEFORE: #")).hasSize(3);
    assertThat(files.lines("*** BEGUN BEFORE: WAIT #")).hasSize(3);
    ExportedTraces traces = ExportedTraces.read(dir.resolve("out/spans.jsonl"));
    assertThat(traces.roots())
        .filteredOn(root -> root.attributes().containsKey("pgstitch.begun_before"))
        .filteredOn(root -> root.parentSpanId().isEmpty())
        .hasSize(3)
        .allMatch(root -> "false".equals(root.attributes().get("pgstitch.complete")));
    // From the moment at which the collector asked for it, and no wait is there twice.
    List<ExportedSpan> waits =
        traces.roots().stream()
            .filter(root -> root.attributes().containsKey("pgstitch.begun_before"))
            .flatMap(root -> traces.traceOf(root).stream())
            .filter(span -> List.of("PgSleep", "advisory", "ClientRead").contains(span.name()))
            .filter(span -> span.attributes().containsKey("pgstitch.begun_before"))
            .toList();
    assertThat(waits)
        .extracting(ExportedSpan::name)
        .containsExactlyInAnyOrder("PgSleep", "advisory", "ClientRead");
    assertThat(waits)
        .extracting(ExportedSpan::durationNanos)
        .allSatisfy(lasted -> assertThat(lasted).isBetween(ending - attached, ended - attaching));
    assertThat(traces.roots())
        .filteredOn(root -> !root.attributes().containsKey("pgstitch.begun_before"))
        .anyMatch(root -> root.statement().equals("select 'later'"));
  }

  /** The rules of trace files, which are checked as they are read, hold for these too. */
  @Test
  void aPortalThatIsPartlyFetchedEndsWithItsTransactionAtAnyLevel() throws Exception {
    String text = "select g from generate_series(1, 9) g";
    try (ThrowawayPostgres server =
            ThrowawayPostgres.builder(PostgresInstallations.ofMajor(15)).start();
        RunningUp up =
            RunningUp.start(dir, "--pid", String.valueOf(server.postmasterPid()), "--level", "1")) {
      for (String level : List.of("1", "12")) {
        String url = server.jdbcUrl("postgres") + "&options=-c%20pgstitch.level%3D" + level;
        try (Connection c = DriverManager.getConnection(url)) {
          // The first statements of a session are seen as the default level shows them.
          Thread.sleep(500);
          c.setAutoCommit(false);
          fetchSome(c, text);
          c.rollback();
          fetchSome(c, text);
          c.commit();
        }
      }
      assertThat(up.stop().status()).isZero();
    }
    TraceFiles.validate(dir.resolve("out/traces"));
    ExportedTraces traces = ExportedTraces.read(dir.resolve("out/spans.jsonl"));
    List<ExportedSpan> roots =
        traces.roots().stream().filter(root -> root.statement().equals(text)).toList();
    assertThat(roots)
        .extracting(root -> root.attributes().get("pgstitch.executed"))
        .containsExactly("false", "true", "false", "true");
    for (ExportedSpan root : roots) {
      assertThat(traces.traceOf(root))
          .filteredOn(span -> span.name().equals("FETCH"))
          .extracting(span -> span.attributes().get("pgstitch.rows"))
          .containsExactly("3", "3");
    }
  }

  /** Four rows of the nine, three at a time; the cursor stays open. */
  private static void fetchSome(Connection connection, String text) throws SQLException {
    Statement statement = connection.createStatement();
    statement.setFetchSize(3);
    ResultSet rows = statement.executeQuery(text);
    for (int i = 0; i < 4; i++) {
      assertThat(rows.next()).isTrue();
    }
  }

  @Test
  void textsThatWereCutAreSaidToBe() throws Exception {
    String below = "select 1 /*" + "x".repeat(LONGEST_TEXT - 14) + "*/";
    String above = "select 2 /*" + "x".repeat(LONGEST_TEXT) + "*/";
    assertThat(below).hasSize(LONGEST_TEXT - 1);
    try (ThrowawayPostgres server =
        ThrowawayPostgres.builder(PostgresInstallations.debian().get(0)).start()) {
      try (RunningUp up =
          RunningUp.start(dir, "--pid", String.valueOf(server.postmasterPid()), "--level", "12")) {
        try (Connection c =
                DriverManager.getConnection(
                    server.jdbcUrl("postgres") + "&preferQueryMode=simple");
            Statement s = c.createStatement()) {
          s.execute(below);
          s.execute(above);
          s.execute("select 3; " + above);
          s.execute("do $$ begin execute 'select 4 /*' || repeat('y', 1100000) || '*/'; end $$");
        }
        assertThat(up.stop().status()).isZero();
      }
    }
    TraceFiles files = TraceFiles.validate(dir.resolve("out/traces"));
    String cut = "*** TEXT CUT: #%d after=%d";
    assertThat(files.lines("*** TEXT CUT: "))
        .containsExactly(
            cut.formatted(101, LONGEST_TEXT),
            cut.formatted(101, LONGEST_TEXT - "select 3; ".length()),
            cut.formatted(102, LONGEST_TEXT));
    assertThat(files.lines("select 1 /*")).containsExactly(below);
    ExportedTraces traces = ExportedTraces.read(dir.resolve("out/spans.jsonl"));
    assertThat(traces.trace(below))
        .noneMatch(span -> span.attributes().containsKey("pgstitch.text_truncated"));
    assertThat(traces.trace("select 3"))
        .noneMatch(span -> span.attributes().containsKey("pgstitch.text_truncated"));
    assertThat(traces.roots())
        .filteredOn(root -> root.attributes().containsKey("pgstitch.text_truncated"))
        .hasSize(2);
  }
}
