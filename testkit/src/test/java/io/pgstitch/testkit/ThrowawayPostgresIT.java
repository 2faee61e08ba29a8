package io.pgstitch.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgstitch.testkit.ThrowawayPostgres.StopMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ThrowawayPostgresIT {

  static Stream<PostgresInstallation> debianAndOldestAndNewest() {
    return Stream.of(
        PostgresInstallations.debian().get(0),
        PostgresInstallations.ofMajor(13),
        PostgresInstallations.ofMajor(18));
  }

  @ParameterizedTest
  @MethodSource("debianAndOldestAndNewest")
  void isAServerOfTheAskedVersion(PostgresInstallation installation) {
    try (ThrowawayPostgres postgres = ThrowawayPostgres.builder(installation).start()) {
      assertThat(postgres.client().sql("show server_version_num"))
          .startsWith(Integer.toString(installation.major()));
    }
  }

  @ParameterizedTest
  @MethodSource("debianAndOldestAndNewest")
  void statementStatisticsCountWhatPgbenchRan(PostgresInstallation installation) {
    try (ThrowawayPostgres postgres =
        ThrowawayPostgres.builder(installation).preload("pg_stat_statements").start()) {
      PostgresClient client = postgres.client();
      client.sql("create extension pg_stat_statements");
      client.pgbench("-i", "-q", "postgres");
      client.sql("select pg_stat_statements_reset()");
      client.pgbench("-n", "-S", "-t", "100", "postgres");
      assertThat(client.sql("select calls from pg_stat_statements where query like '%abalance%'"))
          .isEqualTo("100");
    }
  }

  @Test
  void mavenOffersAllSixMajors() {
    assertThat(PostgresInstallations.maven())
        .extracting(PostgresInstallation::major)
        .containsExactly(13, 14, 15, 16, 17, 18);
  }

  @Test
  void postmasterPidIsTheServersOwn() throws Exception {
    PostgresInstallation installation = PostgresInstallations.ofMajor(13);
    try (ThrowawayPostgres postgres = ThrowawayPostgres.builder(installation).start()) {
      Path executable = Path.of("/proc/" + postgres.postmasterPid() + "/exe").toRealPath();
      assertThat(executable).isEqualTo(installation.postgres().toRealPath());
    }
  }

  @Test
  void jdbcUrlConnects() throws Exception {
    try (ThrowawayPostgres postgres =
            ThrowawayPostgres.builder(PostgresInstallations.debian().get(0)).start();
        Connection connection = DriverManager.getConnection(postgres.jdbcUrl("postgres"));
        ResultSet row = connection.createStatement().executeQuery("select 41 + 1")) {
      assertThat(row.next()).isTrue();
      assertThat(row.getInt(1)).isEqualTo(42);
    }
  }

  @Test
  void dataSurvivesARestartAndACrash() {
    try (ThrowawayPostgres postgres =
        ThrowawayPostgres.builder(PostgresInstallations.debian().get(0)).start()) {
      postgres.client().sql("create table kept as select 1 as n");
      postgres.restart();
      postgres.client().sql("insert into kept values (2)");
      postgres.stop(StopMode.IMMEDIATE);
      postgres.start();
      assertThat(postgres.client().sql("select sum(n) from kept")).isEqualTo("3");
    }
  }

  @Test
  void closeLeavesNeitherProcessNorFiles() {
    ThrowawayPostgres postgres =
        ThrowawayPostgres.builder(PostgresInstallations.debian().get(0)).start();
    Path dataDir = postgres.dataDir();
    long pid = postgres.postmasterPid();
    postgres.close();
    assertThat(Files.exists(dataDir.getParent())).isFalse();
    assertThat(ProcessHandle.of(pid)).isEmpty();
  }

  @Test
  void failureToStartShowsTheServersOwnWords() {
    ThrowawayPostgres.Builder builder =
        ThrowawayPostgres.builder(PostgresInstallations.debian().get(0))
            .setting("shared_buffers", "many");
    assertThatThrownBy(builder::start)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("invalid value for parameter \"shared_buffers\": \"many\"");
  }

  @Test
  void failingStatementShowsPsqlsOwnWords() {
    try (ThrowawayPostgres postgres =
        ThrowawayPostgres.builder(PostgresInstallations.debian().get(0)).start()) {
      assertThatThrownBy(() -> postgres.client().sql("select 1/0"))
          .isInstanceOf(CommandFailedException.class)
          .hasMessageContaining("division by zero");
    }
  }
}
