package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.cli.Launcher.Outcome;
import io.pgstitch.testkit.PostgresInstallation;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens to a server while it is traced, and what the trace says of it. */
@Tag("alone")
class ServerEventsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir private Path dir;

  @Test
  void aKilledBackendEndsItsStatementAndTheServerIsTracedOn() throws Exception {
    String sleep = "select pg_sleep(100) /* killed */";
    try (ThrowawayPostgres server =
            ThrowawayPostgres.builder(PostgresInstallations.debian().get(0)).start();
        RunningUp up = RunningUp.start(dir, "--pid", String.valueOf(server.postmasterPid()))) {
      Process client = server.client().startPsql("-d", "postgres", "-c", sleep);
      FunctionsIT.run("kill", "-9", backendOf(server, sleep));
      assertThat(client.waitFor()).isNotZero();
      // The server ends all its sessions and recovers.
      untilTraced(server, "select 'recovered'");
      Outcome outcome = up.stop();
      assertThat(outcome.status()).as(outcome.err()).isZero();
      ExportedSpan root = root(sleep);
      assertThat(root.attributes())
          .containsEntry("pgstitch.close_reason", "BACKEND_ENDED")
          .containsEntry("pgstitch.executed", "false");
      assertThat(TraceFiles.validate(dir.resolve("out/traces")).lines("*** BACKEND END"))
          .anyMatch(line -> line.contains("signal 9"));
    }
  }

  @Test
  void aServerIsFollowedThroughAnUpgradeAndARestart() throws Exception {
    PostgresInstallation own = FunctionsIT.copyOf(PostgresInstallations.maven().get(5));
    String before = "select 'begun after'";
    String midway = "select pg_advisory_lock(7) /* midway */";
    String stopped = "select pg_sleep(100) /* stopped */";
    try (ThrowawayPostgres server = ThrowawayPostgres.builder(own).start()) {
      Connection holder = DriverManager.getConnection(server.jdbcUrl("postgres"));
      holder.createStatement().execute("select pg_advisory_lock(7)");
      Process early = server.client().startPsql("-d", "postgres", "-c", midway);
      String earlyPid = backendOf(server, midway);
      // Other servers of the host are traced too: a restarted one has another pid.
      try (RunningUp up = RunningUp.start(dir)) {
        holder.close();
        assertThat(early.waitFor()).isZero();
        server.client().sql(before);

        replaceBinary(own.postgres());
        server.client().sql("select 'old binary'");

        Process client = server.client().startPsql("-d", "postgres", "-c", stopped);
        backendOf(server, stopped);
        server.restart();
        assertThat(client.waitFor()).isNotZero();
        untilTraced(server, "select 'new binary'");
        Outcome outcome = up.stop();
        assertThat(outcome.err()).contains("on port " + server.port() + " is gone");
      }
      ExportedTraces traces = traces();
      assertThat(traces.doubled()).isEmpty();
      assertThat(traces.trace("select 'old binary'")).isNotEmpty();
      assertThat(root(before).attributes()).containsEntry("pgstitch.complete", "true");
      ExportedSpan ended = root(stopped);
      assertThat(ended.attributes())
          .containsEntry("pgstitch.close_reason", "FAILED")
          .containsEntry("db.response.status_code", "57P01");
      ExportedSpan begun =
          traces.roots().stream()
              .filter(r -> r.attributes().containsKey("pgstitch.begun_before"))
              .filter(r -> earlyPid.equals(r.attributes().get("pgstitch.backend.pid")))
              .findFirst()
              .orElseThrow();
      assertThat(begun.attributes()).containsEntry("pgstitch.complete", "false");
      TraceFiles.validate(dir.resolve("out/traces"));
    } finally {
      FunctionsIT.run("rm", "-rf", own.binDir().getParent().toString());
    }
  }

  /** As a package manager does it: a new file takes the name of the running one. */
  private static void replaceBinary(Path binary) throws Exception {
    Path update = binary.resolveSibling("postgres.new");
    Files.copy(binary, update, StandardCopyOption.COPY_ATTRIBUTES);
    Files.move(update, binary, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Pid of the backend that runs a statement, once it does. */
  private static String backendOf(ThrowawayPostgres server, String statement) throws Exception {
    String pid = "";
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (pid.isEmpty()) {
      assertThat(System.nanoTime()).as("nobody runs " + statement).isLessThan(deadline);
      pid =
          server
              .client()
              .sql(
                  "select pid from pg_stat_activity where state = 'active' and query = '"
                      + statement.replace("'", "''")
                      + "'");
    }
    return pid;
  }

  /** Runs a statement, each time with another number behind it, until one is in the export. */
  private void untilTraced(ThrowawayPostgres server, String statement) throws Exception {
    Path spans = dir.resolve("out/spans.jsonl");
    long deadline = System.nanoTime() + LIMIT.toNanos();
    for (int i = 0; !Files.exists(spans) || !Files.readString(spans).contains(statement); i++) {
      assertThat(System.nanoTime()).as("not traced: " + statement).isLessThan(deadline);
      try {
        server.client().sql(statement + " /* " + i + " */");
      } catch (io.pgstitch.testkit.CommandFailedException recovering) {
        // The server does not take connections yet.
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  private ExportedTraces traces() throws Exception {
    return ExportedTraces.read(dir.resolve("out/spans.jsonl"));
  }

  private ExportedSpan root(String statement) throws Exception {
    List<ExportedSpan> trace = traces().trace(statement);
    return trace.stream().filter(ExportedSpan::isRoot).findFirst().orElseThrow();
  }
}
