package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.cli.Launcher.Outcome;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens to {@code up} while it runs, and between two runs. */
class UpIT {
  @TempDir private Path dir;

  private static ThrowawayPostgres server() {
    return ThrowawayPostgres.builder(PostgresInstallations.debian().get(0)).start();
  }

  private RunningUp up(ThrowawayPostgres server) throws Exception {
    return RunningUp.start(dir, "--pid", String.valueOf(server.postmasterPid()));
  }

  @Test
  void aServerThatDisappearsIsNamedAndItsStatementsAreKept() throws Exception {
    try (ThrowawayPostgres server = server();
        RunningUp up = up(server)) {
      server.client().sql("select 'before the end'");

      server.stop(ThrowawayPostgres.StopMode.IMMEDIATE);

      up.awaitError("on port " + server.port() + " is gone");
      assertThat(up.isAlive()).isTrue();
      Outcome outcome = up.stop();
      assertThat(outcome.status()).as(outcome.err()).isZero();
      assertThat(outcome.out()).contains(":" + server.port());
      assertThat(exported().trace("select 'before the end'")).isNotEmpty();
      TraceFiles.validate(dir.resolve("out/traces"));
    }
  }

  @Test
  void aSecondRunContinuesInTheSameDirectoryAndNeitherWarns() throws Exception {
    try (ThrowawayPostgres server = server()) {
      for (String text : new String[] {"first", "second"}) {
        try (RunningUp up = up(server)) {
          server.client().sql("select '" + text + " run'");
          Outcome outcome = up.stop();
          assertThat(outcome.out()).startsWith("ready servers=1 ");
          assertThat(outcome.status()).as(outcome.err()).isZero();
          // Servers of other tests come and go meanwhile.
          assertThat(outcome.err().lines())
              .filteredOn(line -> line.contains(" WARN ") || line.contains(" ERROR "))
              .filteredOn(line -> !line.matches(".* on port (?!" + server.port() + "\\b).*"))
              .isEmpty();
        }
      }
    }
    ExportedTraces traces = exported();
    assertThat(traces.trace("select 'first run'")).isNotEmpty();
    assertThat(traces.trace("select 'second run'")).isNotEmpty();
    assertThat(traces.doubled()).isEmpty();
    TraceFiles.validate(dir.resolve("out/traces"));
  }

  private ExportedTraces exported() throws Exception {
    return ExportedTraces.read(dir.resolve("out/spans.jsonl"));
  }
}
