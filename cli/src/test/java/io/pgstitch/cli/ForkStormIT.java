package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.cli.Launcher.Outcome;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many connections: 500 that stay, and 4000 that come and go, 200 a second. */
@Tag("alone")
class ForkStormIT {
  private static final int IDLE = 500;
  private static final int CLIENTS = 8;
  private static final int CONNECTIONS = 4000;

  @TempDir private Path dir;

  @Test
  void nothingIsLostAndMemoryIsBounded() throws Exception {
    List<Connection> idle = new ArrayList<>();
    try (ThrowawayPostgres server =
        ThrowawayPostgres.builder(PostgresInstallations.debian().get(0))
            .setting("max_connections", "600")
            .start()) {
      Outcome outcome;
      try (RunningUp up = upWithLittleMemory(server)) {
        for (int i = 0; i < IDLE; i++) {
          idle.add(
              DriverManager.getConnection(
                  server.jdbcUrl("postgres")
                      + "&assumeMinServerVersion=12&ApplicationName=idle&preferQueryMode=simple"));
          run(idle.get(i), "select 'idle before'");
        }
        storm(server);
        for (Connection connection : idle) {
          run(connection, "select 'idle after'");
        }
        outcome = up.stop();
      } finally {
        for (Connection connection : idle) {
          connection.close();
        }
      }
      assertThat(outcome.status()).as(outcome.out() + outcome.err()).isZero();
    }
    ExportedTraces traces = ExportedTraces.read(dir.resolve("out/spans.jsonl"));
    StatementLedger ledger = new StatementLedger();
    ledger.executed("idle", "select 'idle before'", "SELECT", 1, IDLE);
    ledger.executed("idle", "select 'idle after'", "SELECT", 1, IDLE);
    ledger.executed("storm", "select 'storm'", "SELECT", 1, CONNECTIONS);
    ledger.compareWith(traces, List.of("idle", "storm"));
    assertThat(traces.doubled()).isEmpty();
    assertThat(traces.incomplete()).isEmpty();
    assertThat(traces.notNested()).isEmpty();
    assertThat(sessions(traces, "storm")).isEqualTo(CONNECTIONS);
    assertThat(sessions(traces, "idle")).isEqualTo(IDLE);
    try (Stream<Path> files = Files.list(dir.resolve("out/traces"))) {
      assertThat(files.filter(f -> f.toString().endsWith(".trc")).count())
          .isGreaterThanOrEqualTo(IDLE + CONNECTIONS);
    }
    TraceFiles.validate(dir.resolve("out/traces"));
  }

  /** It ends with an error when its heap is not enough. */
  private RunningUp upWithLittleMemory(ThrowawayPostgres server) throws Exception {
    return RunningUp.command(
            new Launcher(dir).with("JAVA_TOOL_OPTIONS", "-Xmx700m"),
            dir,
            "up",
            List.of("up", "--out", "out", "--pid", String.valueOf(server.postmasterPid())))
        .awaitReady();
  }

  private void storm(ThrowawayPostgres server) throws Exception {
    Path script = dir.resolve("storm.sql");
    Files.writeString(script, "select 'storm';\n");
    ClientWorkloads.pgbench(
        server,
        "storm",
        "-C",
        "-c",
        String.valueOf(CLIENTS),
        "-R",
        "200",
        "-t",
        String.valueOf(CONNECTIONS / CLIENTS),
        "-f",
        script.toString());
  }

  private static long sessions(ExportedTraces traces, String application) {
    return traces.executedRoots(application).stream()
        .map(r -> r.attributes().get("pgstitch.backend.pid"))
        .distinct()
        .count();
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
