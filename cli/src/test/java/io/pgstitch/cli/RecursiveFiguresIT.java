package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Statements that a function runs, which call functions themselves: what pg_stat_statements counted
 * for each, with what it called, is what its spans say; and the shares that are each statement's
 * alone add up to the figures of the client's statement.
 */
class RecursiveFiguresIT {
  private static final String LEADER = "select outermost()";
  private static final String MIDDLE = "SELECT middle()";
  private static final String INNERMOST = "SELECT innermost(i)";
  private static final String LEAF = "select count(*) from work where a > n";
  private static final String OWN = "select count(*) from work";
  private static final List<String> TEXTS = List.of(LEADER, MIDDLE, INNERMOST, LEAF, OWN);

  @TempDir private Path dir;

  /** Figures of a statement with all that it called, over its calls. */
  private record Figures(long calls, long rows, long blocks, double millis) {
    Figures plus(Figures other) {
      return new Figures(
          calls + other.calls, rows + other.rows, blocks + other.blocks, millis + other.millis);
    }
  }

  @Test
  void inclusiveFiguresAreTheServersAndExclusiveOnesAddUpToTheLeaders() throws Exception {
    Map<String, Figures> counted = new HashMap<>();
    try (ThrowawayPostgres server =
        ThrowawayPostgres.builder(PostgresInstallations.ofMajor(15))
            .preload("pg_stat_statements")
            .setting("pg_stat_statements.track", "all")
            .setting("autovacuum", "off")
            .start()) {
      prepare(server);
      try (RunningUp up = RunningUp.start(dir, "--pid", String.valueOf(server.postmasterPid()))) {
        try (PsqlSession session = new PsqlSession(server, "postgres", "postgres")) {
          // What is planned and looked up once per session is no part of the figures.
          session.row("select outermost() /* first */;");
          session.row("select 1 from pg_stat_statements_reset();");
          session.row(LEADER + ";");
        }
        counted(server, counted);
        assertThat(up.stop().status()).isZero();
      }
    }
    List<ExportedSpan> trace = ExportedTraces.read(dir.resolve("out/spans.jsonl")).trace(LEADER);
    TraceFiles.validate(dir.resolve("out/traces"));
    Map<String, ExportedSpan> byId = new HashMap<>();
    trace.forEach(span -> byId.put(span.spanId(), span));
    Map<String, Figures> inclusive = new HashMap<>();
    Map<String, Figures> called = new HashMap<>();
    for (ExportedSpan span : trace) {
      if (span.kind().equals("STATEMENT")) {
        inclusive.merge(span.statement(), figures(span), Figures::plus);
        ExportedSpan caller = caller(span, byId);
        if (caller != null) {
          called.merge(caller.statement(), figures(span), Figures::plus);
        }
      }
    }
    assertThat(inclusive).containsOnlyKeys(TEXTS);
    Figures none = new Figures(0, 0, 0, 0);
    long blocksAlone = 0;
    double millisAlone = 0;
    for (String text : TEXTS) {
      Figures spans = inclusive.get(text);
      Figures server = counted.get(text);
      Figures children = called.getOrDefault(text, none);
      assertThat(spans.calls()).as("calls of " + text).isEqualTo(server.calls());
      assertThat(spans.rows()).as("rows of " + text).isEqualTo(server.rows());
      assertThat(spans.blocks()).as("blocks of " + text).isEqualTo(server.blocks());
      // The server's clock runs inside the statement's span, and around those that it calls.
      assertThat(server.millis()).as(text).isBetween(children.millis(), spans.millis());
      blocksAlone += spans.blocks() - children.blocks();
      millisAlone += spans.millis() - children.millis();
    }
    assertThat(inclusive.get(LEAF).blocks()).as("blocks that are counted").isPositive();
    // The others read no table themselves.
    assertThat(inclusive.get(LEAF).blocks() + inclusive.get(OWN).blocks())
        .isEqualTo(inclusive.get(LEADER).blocks());
    assertThat(blocksAlone).isEqualTo(inclusive.get(LEADER).blocks());
    assertThat(millisAlone).isCloseTo(inclusive.get(LEADER).millis(), offset(0.001));
  }

  private static void prepare(ThrowawayPostgres server) {
    server.client().sql("create extension pg_stat_statements");
    server.client().sql("create table work as select g as a from generate_series(1, 20000) g");
    server.client().sql("vacuum analyze work");
    server
        .client()
        .sql(
            "create function innermost(n int) returns bigint language plpgsql as"
                + " $$ declare c bigint; begin select count(*) from work where a > n into c;"
                + " return c; end $$");
    server
        .client()
        .sql(
            "create function middle() returns void language plpgsql as"
                + " $$ begin for i in 1..3 loop perform innermost(i); end loop; end $$");
    server
        .client()
        .sql(
            "create function outermost() returns bigint language plpgsql as"
                + " $$ declare c bigint; begin perform middle(); perform middle();"
                + " select count(*) from work into c; return c; end $$");
  }

  /** What the server counted, by text. */
  private static void counted(ThrowawayPostgres server, Map<String, Figures> counted) {
    for (String text : TEXTS) {
      String[] row =
          server
              .client()
              .sql(
                  "select calls, rows, shared_blks_hit + shared_blks_read, total_exec_time"
                      + " from pg_stat_statements where btrim(query) = '"
                      + text
                      + "'")
              .split("\\|", -1);
      counted.put(
          text,
          new Figures(
              Long.parseLong(row[0]),
              Long.parseLong(row[1]),
              Long.parseLong(row[2]),
              Double.parseDouble(row[3])));
    }
  }

  private static Figures figures(ExportedSpan span) {
    return new Figures(
        1,
        Long.parseLong(span.attributes().get("pgstitch.rows")),
        number(span, "pgstitch.buffers.shared_hit") + number(span, "pgstitch.buffers.shared_read"),
        span.durationNanos() / 1e6);
  }

  private static long number(ExportedSpan span, String attribute) {
    return Long.parseLong(span.attributes().getOrDefault(attribute, "0"));
  }

  /** The statement that a statement runs in, null for the client's. */
  private static ExportedSpan caller(ExportedSpan span, Map<String, ExportedSpan> byId) {
    ExportedSpan up = byId.get(span.parentSpanId());
    while (up != null && !up.kind().equals("STATEMENT")) {
      up = byId.get(up.parentSpanId());
    }
    return up;
  }
}
