package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The name that SQL says is that of the file which the exporter writes. */
class TraceFileNameIT {
  @TempDir private Path dir;

  @ParameterizedTest
  @ValueSource(ints = {13, 15, 18})
  void sqlSaysTheNameOfTheFile(int major) throws Exception {
    Path functions = SourceTree.root().resolve("ops/sql/pgstitch.sql");
    String old;
    String name;
    try (ThrowawayPostgres server =
        ThrowawayPostgres.builder(PostgresInstallations.ofMajor(major)).start()) {
      server.client().sql("create role app login");
      server.client().sql("create database d owner app");
      server.client().sql("d", "create schema app authorization app");
      server.client().psql("-d", "d", "-U", "app", "-f", functions.toString());
      try (PsqlSession before = new PsqlSession(server, "d", "app");
          RunningUp up = RunningUp.start(dir, "--pid", String.valueOf(server.postmasterPid()));
          PsqlSession session = new PsqlSession(server, "d", "app")) {
        old = before.row("select pg_trace_start_trace();");
        assertThat(before.row("select 'of the old one';")).isEqualTo("of the old one");
        name = session.row("select pg_trace_start_trace();");
        assertThat(session.row("select pg_trace_get_tracefile();")).isEqualTo(name);
        assertThat(session.row("select 'of the new one';")).isEqualTo("of the new one");
        assertThat(up.stop().status()).isZero();
      }
    }
    Path traces = dir.resolve("out/traces");
    assertThat(Files.readAllLines(traces.resolve(old))).contains("select 'of the old one'");
    assertThat(Files.readAllLines(traces.resolve(name))).contains("select 'of the new one'");
    assertThat(name).isNotEqualTo(old);
  }
}
