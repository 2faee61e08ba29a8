package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgstitch.cli.Launcher.Outcome;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the commands that trace say on a host, or for a user, that cannot. */
class UnusableHostIT {
  @TempDir private Path dir;

  @ParameterizedTest
  @ValueSource(strings = {"up", "demo"})
  void saysThatItNeedsRoot(String command) throws Exception {
    Outcome outcome = new Launcher(dir).asNobody().run(command);

    assertThat(outcome.err()).containsIgnoringCase("root").doesNotContain("\tat ");
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.status()).isEqualTo(ExitStatus.ENVIRONMENT);
  }

  @Test
  void doctorReportsAServerWithItsVersionAsJson() throws Exception {
    try (ThrowawayPostgres server =
        ThrowawayPostgres.builder(PostgresInstallations.debian().get(0)).start()) {
      Outcome outcome = new Launcher(dir).run("doctor", "--json");

      JsonNode found = serverOn(server.port(), new ObjectMapper().readTree(outcome.out()));
      assertThat(found.path("pid").asLong()).isEqualTo(server.postmasterPid());
      assertThat(found.path("major").asInt()).isEqualTo(server.installation().major());
      assertThat(outcome.status()).isZero();
    }
  }

  @Test
  void doctorSaysWhatAUserWhoIsNotRootLacks() throws Exception {
    Outcome outcome = new Launcher(dir).asNobody().run("doctor");

    assertThat(outcome.out()).contains("NOT OK").contains("->").containsIgnoringCase("root");
    assertThat(outcome.status()).isEqualTo(ExitStatus.ENVIRONMENT);
  }

  @Test
  void saysThatNoServerRuns() throws Exception {
    Outcome outcome = new Launcher(dir).withoutOtherProcesses().run("up");

    assertThat(outcome.err())
        .contains("no PostgreSQL server runs on this host")
        .contains("Start one")
        .doesNotContain("\tat ");
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.status()).isEqualTo(ExitStatus.ENVIRONMENT);
  }

  @Test
  void saysThatTheKernelHasNoBtf() throws Exception {
    Outcome outcome = withoutBtf().run("up");

    assertThat(outcome.err())
        .contains("btf: /sys/kernel/btf/vmlinux is not there")
        .contains("CONFIG_DEBUG_INFO_BTF=y")
        .doesNotContain("\tat ");
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.status()).isEqualTo(ExitStatus.ENVIRONMENT);
  }

  @Test
  void doctorNamesBtfAsMissingWithItsRemedy() throws Exception {
    Outcome outcome = withoutBtf().run("doctor", "--json");

    JsonNode btf = finding("btf", new ObjectMapper().readTree(outcome.out()));
    assertThat(btf.path("ok").asBoolean()).isFalse();
    assertThat(btf.path("required").asBoolean()).isTrue();
    assertThat(btf.path("remedy").asText()).contains("CONFIG_DEBUG_INFO_BTF=y");
    assertThat(outcome.status()).isEqualTo(ExitStatus.ENVIRONMENT);
  }

  @Test
  void saysThatAPidIsNotPostgres() throws Exception {
    long self = ProcessHandle.current().pid();
    try (ThrowawayPostgres ignored =
        ThrowawayPostgres.builder(PostgresInstallations.debian().get(0)).start()) {
      Outcome outcome = new Launcher(dir).run("up", "--pid", String.valueOf(self));

      assertThat(outcome.err())
          .contains("process " + self)
          .contains("/java")
          .contains("neither a PostgreSQL server nor one of its backends")
          .contains("pg_stat_activity");
      assertThat(outcome.status()).isEqualTo(ExitStatus.ENVIRONMENT);
    }
  }

  @Test
  void saysThatAPidDoesNotExist() throws Exception {
    try (ThrowawayPostgres ignored =
        ThrowawayPostgres.builder(PostgresInstallations.debian().get(0)).start()) {
      // Above the largest pid that Linux gives.
      Outcome outcome = new Launcher(dir).run("up", "--pid", "4194305");

      assertThat(outcome.err()).contains("no process has the pid 4194305").contains("postmaster");
      assertThat(outcome.status()).isEqualTo(ExitStatus.ENVIRONMENT);
    }
  }

  private Launcher withoutBtf() throws IOException {
    return new Launcher(dir).withoutBtf(Files.createDirectory(dir.resolve("empty")));
  }

  private static JsonNode finding(String name, JsonNode report) {
    for (JsonNode finding : report.path("host")) {
      if (finding.path("name").asText().equals(name)) {
        return finding;
      }
    }
    throw new AssertionError("no " + name + " in " + report.toPrettyString());
  }

  private static JsonNode serverOn(int port, JsonNode report) {
    for (JsonNode server : report.path("servers")) {
      if (server.path("port").asInt() == port) {
        return server;
      }
    }
    throw new AssertionError("no server on port " + port + " in " + report.toPrettyString());
  }
}
