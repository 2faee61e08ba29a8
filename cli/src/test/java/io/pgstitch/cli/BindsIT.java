package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bind values on their whole way: from a client to the trace file and the spans. */
class BindsIT {
  @TempDir private Path dir;

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void valuesReachTheTraceFileAndTheSpans(int major) throws Exception {
    try (ThrowawayPostgres server =
        ThrowawayPostgres.builder(PostgresInstallations.ofMajor(major)).start()) {
      server
          .client()
          .sql(
              "create function g(v int) returns bigint language plpgsql as $$ declare n bigint;"
                  + " begin select count(*) into n from pg_class where relnatts > v; return n; end $$");
      try (RunningUp up =
          RunningUp.start(dir, "--pid", String.valueOf(server.postmasterPid()), "--level", "12")) {
        try (Connection c = DriverManager.getConnection(server.jdbcUrl("postgres"))) {
          for (int i = 0; i < 3; i++) {
            execute(c, i);
          }
        }
        assertThat(up.stop().status()).isZero();
      }
      TraceFiles files = TraceFiles.validate(dir.resolve("out/traces"));
      // Three times the statement, and each time that inside its function.
      assertThat(files.count("BINDS")).isEqualTo(6);
      assertThat(files.lines("  value="))
          .containsSubsequence("  value=0", "  value=\"it's\\n\"0\"\"", "  value=1", "  value=2");
      assertThat(files.lines("  oacflg")).anyMatch(l -> l.contains(" csi=23 "));
      assertThat(files.lines("*** BIND TYPES: "))
          .hasSize(6)
          .anyMatch(l -> l.endsWith(" 0=23:int4 1=1043:varchar 2=23:int4,null"));
      List<ExportedSpan> trace =
          ExportedTraces.read(dir.resolve("out/spans.jsonl"))
              .trace("select g($1), $2::text, $3::int4, 2");
      ExportedSpan root =
          trace.stream().filter(s -> s.parentSpanId().isEmpty()).findFirst().orElseThrow();
      assertThat(root.attributes())
          .containsEntry("db.query.parameter.0", "2")
          .containsEntry("db.query.parameter.1", "it's\n\"2\"")
          .containsEntry("pgstitch.bind.1.type", "varchar")
          .containsEntry("pgstitch.bind.2.null", "true")
          .doesNotContainKey("db.query.parameter.2");
      assertThat(trace)
          .filteredOn(s -> s.statement().startsWith("select count(*)"))
          .singleElement()
          .matches(s -> "2".equals(s.attributes().get("db.query.parameter.0")));
    }
  }

  private static void execute(Connection connection, int number) throws SQLException {
    try (PreparedStatement s =
        connection.prepareStatement("select g(?), ?::text, ?::int4, " + number)) {
      s.setInt(1, number);
      s.setString(2, "it's\n\"" + number + "\"");
      s.setNull(3, Types.INTEGER);
      s.execute();
    }
  }
}
