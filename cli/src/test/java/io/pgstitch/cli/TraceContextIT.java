package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.cli.Launcher.Outcome;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Statements of a real client join the trace that the client names. */
class TraceContextIT {
  private static final String SPAN = "00f067aa0ba902b7";

  /** Executions after which the driver prepares by name, and some more. */
  private static final int EXECUTIONS = 8;

  @TempDir private Path dir;

  private static String trace(int n) {
    return "4bf92f3577b34da6a3ce929d0e0e%04x".formatted(n);
  }

  private static String parent(int n, String flags) {
    return "00-" + trace(n) + "-" + SPAN + "-" + flags;
  }

  @ParameterizedTest
  @CsvSource({"15, 1", "13, 8", "18, 8"})
  void eachExecutionJoinsTheTraceInForce(int major, String level) throws Exception {
    Outcome outcome;
    try (ThrowawayPostgres server =
        ThrowawayPostgres.builder(PostgresInstallations.ofMajor(major)).start()) {
      String pid = String.valueOf(server.postmasterPid());
      try (RunningUp up = RunningUp.start(dir, "--pid", pid, "--level", level)) {
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl("postgres"))) {
          work(connection);
        }
        outcome = up.stop();
      }
      assertThat(outcome.status()).as(outcome.out() + outcome.err()).isZero();
      // Counted, each with its own name.
      assertThat(outcome.out())
          .containsPattern("malformed_traceparents 1\\b")
          .containsPattern("unsampled 1\\b");
      List<ExportedSpan> roots = new ArrayList<>();
      new SpanFile(dir.resolve("out/spans.jsonl"))
          .forEach(
              span -> {
                if (span.attributes().containsKey("pgstitch.trace_id")) {
                  roots.add(span);
                }
              });
      assertJoined(roots, "select 'comment'", List.of(trace(1)));
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < EXECUTIONS; i++) {
        expected.add(trace(100 + i));
      }
      assertJoined(roots, "select $1", expected);
      assertJoined(roots, "select 'span'", List.of(trace(5)));
      assertJoined(roots, "insert into batched", List.of(trace(6), trace(6), trace(6)));
      assertJoined(roots, "select 'local'", List.of(trace(3)));
      assertJoined(roots, "select 'name'", List.of(trace(2)));
      assertThat(roots)
          .filteredOn(r -> r.statement().startsWith("select 'malformed'"))
          .singleElement()
          .matches(r -> r.traceId().equals(r.attributes().get("pgstitch.trace_id")))
          .matches(r -> r.parentSpanId().isEmpty());
      assertThat(roots).noneMatch(r -> r.statement().startsWith("select 'not sampled'"));
      TraceFiles files =
          TraceFiles.validate(
              dir.resolve("out/traces"), text -> text.startsWith("select 'not sampled'"));
      assertThat(files.lines("select 'not sampled'")).hasSize(1);
    }
  }

  private static void work(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        PreparedStatement prepared = connection.prepareStatement("select ?::int")) {
      statement.execute("select 'comment' /*a='b',traceparent='" + parent(1, "01") + "'*/");
      statement.execute("/*span={\"traceparent\":\"" + parent(5, "01") + "\"}*/ select 'span'");
      // All of a batch are on their way before the first one runs.
      statement.execute("create temp table batched (n int)");
      try (PreparedStatement batched =
          connection.prepareStatement(
              "insert into batched values (?) /*traceparent='" + parent(6, "01") + "'*/")) {
        for (int i = 0; i < 3; i++) {
          batched.setInt(1, i + 1);
          batched.addBatch();
        }
        batched.executeBatch();
      }
      for (int i = 0; i < EXECUTIONS; i++) {
        statement.execute("set pgstitch.traceparent = '" + parent(100 + i, "01") + "'");
        prepared.setInt(1, i);
        prepared.execute();
      }
      statement.execute("set pgstitch.traceparent = ''");
      statement.execute("set application_name = '" + parent(2, "01") + "'");
      connection.setAutoCommit(false);
      statement.execute("set local pgstitch.traceparent = '" + parent(3, "01") + "'");
      statement.execute("select 'local'");
      connection.rollback();
      connection.setAutoCommit(true);
      statement.execute("select 'name'");
      statement.execute("set application_name = ''");
      statement.execute("select 'malformed' /*traceparent='rubbish'*/");
      statement.execute("select 'not sampled' /*traceparent='" + parent(4, "00") + "'*/");
    }
  }

  private static void assertJoined(List<ExportedSpan> roots, String text, List<String> traces) {
    assertThat(roots)
        .filteredOn(r -> r.statement().contains(text))
        .filteredOn(r -> "true".equals(r.attributes().get("pgstitch.executed")))
        .allMatch(r -> r.parentSpanId().equals(SPAN))
        .extracting(ExportedSpan::traceId)
        .as(text)
        .containsExactlyElementsOf(traces);
  }
}
