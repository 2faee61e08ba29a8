package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What pg_stat_statements counted, by query id: calls, rows and blocks of the executor's runs. */
final class ServerCounts {
  private static final Set<String> COUNTED_TAGS =
      Set.of("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE");

  /** Utility statements that run a query: whether and how that is counted depends on the major. */
  private static final List<String> UTILITY = List.of("execute ", "create table ", "declare ");

  /** Its errors are caught in PL/pgSQL: the server counts only what reaches its end. */
  private static final String CAUGHT = "insert into parent values (1, 1)";

  /** Read in pieces: up to 16 the server counts the rows of the last piece alone. */
  private static final Set<String> IN_PIECES =
      Set.of("select g from generate_series($1, $2) g", "select a from work where a <= $1");

  /** Calls, rows, shared blocks hit and read. */
  private record Count(long calls, long rows, long blocks) {
    Count plus(Count other) {
      return new Count(calls + other.calls, rows + other.rows, blocks + other.blocks);
    }
  }

  private final Map<Long, Count> counts = new TreeMap<>();
  private final Map<Long, String> texts = new HashMap<>();

  /** Forgets what was counted. */
  static void reset(String jdbcUrl) throws Exception {
    try (Connection c = DriverManager.getConnection(jdbcUrl + "&ApplicationName=judge");
        Statement s = c.createStatement()) {
      s.execute("select pg_stat_statements_reset()");
    }
  }

  static ServerCounts read(String jdbcUrl) throws Exception {
    ServerCounts all = new ServerCounts();
    try (Connection c = DriverManager.getConnection(jdbcUrl + "&ApplicationName=judge");
        Statement s = c.createStatement();
        ResultSet rows =
            s.executeQuery(
                "select queryid, query, calls, rows,"
                    + " shared_blks_hit + shared_blks_read from pg_stat_statements"
                    + " where query not like '%pg_stat_statements%'")) {
      while (rows.next()) {
        Count one = new Count(rows.getLong(3), rows.getLong(4), rows.getLong(5));
        all.counts.merge(rows.getLong(1), one, Count::plus);
        all.texts.put(rows.getLong(1), rows.getString(2));
      }
    }
    return all;
  }

  /** What was traced of some applications is what the server counted, for each query. */
  void compareWith(ExportedTraces traces, List<String> applications) {
    compare(traces, applications, true);
  }

  /**
   * The same of traces without phases: blocks of nested statements are not known by themselves, and
   * each piece that a function reads of a cursor is a run.
   */
  void compareWithoutPhases(ExportedTraces traces, List<String> applications) {
    compare(traces, applications, false);
  }

  private void compare(ExportedTraces traces, List<String> applications, boolean phases) {
    Map<Long, Count> traced = new TreeMap<>();
    for (ExportedSpan root : traces.roots()) {
      if (applications.contains(root.attributes().getOrDefault("pgstitch.application_name", ""))) {
        add(traced, traces.traceOf(root));
      }
    }
    List<String> wrong = new ArrayList<>();
    Set<Long> ids = new TreeSet<>(counts.keySet());
    ids.addAll(traced.keySet());
    // From 18 on a cursor's query counts as its DECLARE, once; here each FETCH runs it.
    ids.removeIf(id -> UTILITY.stream().anyMatch(texts.getOrDefault(id, "")::startsWith));
    for (long id : ids) {
      boolean inPieces = IN_PIECES.contains(texts.get(id));
      if (inPieces && !phases) {
        continue;
      }
      if (!Objects.equals(of(counts, id, !inPieces, phases), of(traced, id, !inPieces, phases))) {
        wrong.add(texts.get(id) + ": counted " + counts.get(id) + ", traced " + traced.get(id));
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static Count of(Map<Long, Count> all, long id, boolean rows, boolean blocks) {
    Count count = all.get(id);
    return count == null
        ? null
        : new Count(count.calls, rows ? count.rows : 0, blocks ? count.blocks : 0);
  }

  private static void add(Map<Long, Count> traced, List<ExportedSpan> trace) {
    Map<String, ExportedSpan> byId = new HashMap<>();
    trace.forEach(s -> byId.put(s.spanId(), s));
    Map<String, Long> blocks = new HashMap<>();
    for (ExportedSpan span : trace) {
      if (span.name().equals("standard_ExecutorRun")
          || span.name().equals("standard_ExecutorFinish")) {
        ExportedSpan up = span;
        // A worker's share is in its leader's figures.
        while (!up.kind().equals("STATEMENT") && !up.kind().equals("WORKER")) {
          up = byId.get(up.parentSpanId());
        }
        blocks.merge(up.spanId(), blocks(span), Long::sum);
      }
    }
    for (ExportedSpan span : trace) {
      long id = Long.parseLong(span.attributes().getOrDefault("pgstitch.query_id", "0"));
      boolean counted =
          span.kind().equals("STATEMENT")
              && id != 0
              && COUNTED_TAGS.contains(span.attributes().get("db.operation.name"))
              && UTILITY.stream().noneMatch(span.statement()::startsWith)
              && !span.statement().equals(CAUGHT)
              && !span.attributes().containsKey("db.response.status_code");
      if (counted) {
        long rows = Long.parseLong(span.attributes().getOrDefault("pgstitch.rows", "0"));
        traced.merge(id, new Count(1, rows, blocks.getOrDefault(span.spanId(), 0L)), Count::plus);
      }
    }
  }

  private static long blocks(ExportedSpan span) {
    return Long.parseLong(span.attributes().getOrDefault("pgstitch.buffers.shared_hit", "0"))
        + Long.parseLong(span.attributes().getOrDefault("pgstitch.buffers.shared_read", "0"));
  }
}
