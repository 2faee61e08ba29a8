package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.postgresql.PGStatement;

/** What waits and binds are asked for: values, a lock with its holder, a file, an error. */
final class WaitsAndBindsScene {
  private static final String BOUND = "select length($1) + $2 from scene";
  private static final String HELD = "lock table scene in access exclusive mode";
  private static final String BLOCKED = "select count(*) from scene";
  private static final String GROWS = "insert into scene select repeat('x', 500) from scene s";
  private static final String FAILS = "select 1 / (count(*) - count(*)) from scene";
  private static final int EXECUTIONS = 3;
  private static final long WAITS_WITHIN_SECONDS = 60;

  private final String holder;

  private WaitsAndBindsScene(String holder) {
    this.holder = holder;
  }

  /** What it needs from before it is traced. */
  static List<String> preparation() {
    return List.of(
        "create table scene (t text)",
        "insert into scene select 'x' from generate_series(1, 3000)");
  }

  static WaitsAndBindsScene play(String jdbcUrl) throws Exception {
    String url = jdbcUrl + "&ApplicationName=scene";
    try (Connection holding = DriverManager.getConnection(url);
        Connection waiting = DriverManager.getConnection(url);
        Connection watcher = DriverManager.getConnection(url)) {
      bind(waiting);
      Statements.execute(waiting, GROWS);
      try {
        Statements.execute(waiting, FAILS);
      } catch (IllegalStateException expected) {
        assertThat(expected).rootCause().hasMessageContaining("division by zero");
      }
      String pid = Statements.ask(holding, "select pg_backend_pid()");
      holding.setAutoCommit(false);
      Statements.execute(holding, HELD);
      CompletableFuture<Void> blocked =
          CompletableFuture.runAsync(() -> Statements.execute(waiting, BLOCKED));
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAITS_WITHIN_SECONDS);
      while (Statements.ask(watcher, "select count(*) from pg_locks where not granted")
          .equals("0")) {
        assertThat(System.nanoTime()).as("%s waits", BLOCKED).isLessThan(deadline);
        TimeUnit.MILLISECONDS.sleep(2);
      }
      holding.commit();
      blocked.get(WAITS_WITHIN_SECONDS, TimeUnit.SECONDS);
      return new WaitsAndBindsScene(pid);
    }
  }

  private static void bind(Connection connection) throws SQLException {
    try (PreparedStatement s = connection.prepareStatement(BOUND.replaceAll("\\$.", "?"))) {
      s.unwrap(PGStatement.class).setPrepareThreshold(1);
      for (int i = 0; i < EXECUTIONS; i++) {
        s.setString(1, "it's " + i);
        s.setInt(2, i);
        ClientWorkloads.drain(s.executeQuery());
      }
    }
  }

  /** Each is there with what is to be known of it, in the call that it was in. */
  void compareWith(ExportedTraces traces, TraceFiles files) {
    List<ExportedSpan> bound =
        traces.roots().stream().filter(r -> r.statement().equals(BOUND)).toList();
    assertThat(bound)
        .extracting(r -> r.attributes().get("db.query.parameter.0"))
        .containsExactlyInAnyOrder("it's 0", "it's 1", "it's 2");
    assertThat(bound)
        .extracting(r -> r.attributes().get("db.query.parameter.1"))
        .containsExactlyInAnyOrder("0", "1", "2");
    assertThat(files.lines("  value=")).contains("  value=\"it's 1\"", "  value=2");

    List<ExportedSpan> locks = waits(traces, BLOCKED, "Lock");
    assertThat(locks).hasSize(1);
    assertThat(locks.get(0).attributes())
        .containsEntry("pgstitch.lock.type", "relation")
        .containsEntry("pgstitch.lock.relation", "scene")
        .containsEntry("pgstitch.lock.mode_name", "AccessShareLock")
        .containsEntry("pgstitch.lock.holders", holder);
    assertThat(locks.get(0).attributes().get("pgstitch.lock.holder_traces"))
        .startsWith("pid=" + holder + " ")
        .contains(" trace=");
    // It was parsed when it found the table locked.
    assertThat(callOf(traces, BLOCKED, locks.get(0))).isEqualTo("PARSE");

    List<ExportedSpan> extended =
        waits(traces, GROWS, "IO").stream().filter(w -> w.name().equals("DataFileExtend")).toList();
    assertThat(extended).isNotEmpty();
    assertThat(extended)
        .extracting(w -> w.attributes().get("pgstitch.io.relation"))
        .containsOnly("scene");
    assertThat(extended).extracting(w -> callOf(traces, GROWS, w)).containsOnly("EXEC");

    assertThat(traces.trace(FAILS))
        .filteredOn(ExportedSpan::isRoot)
        .singleElement()
        .matches(r -> "22012".equals(r.attributes().get("db.response.status_code")));
  }

  private static List<ExportedSpan> waits(ExportedTraces traces, String text, String eventClass) {
    return traces.trace(text).stream()
        .filter(s -> eventClass.equals(s.attributes().get("pgstitch.wait.class")))
        .toList();
  }

  /** The call that a wait is in, whatever functions lie between. */
  private static String callOf(ExportedTraces traces, String text, ExportedSpan wait) {
    Map<String, ExportedSpan> byId = new HashMap<>();
    traces.trace(text).forEach(s -> byId.put(s.spanId(), s));
    ExportedSpan up = wait;
    do {
      up = byId.get(up.parentSpanId());
    } while (up.kind().equals("FUNCTION"));
    return up.kind();
  }
}
