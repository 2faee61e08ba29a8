package io.pgstitch.collector.mask;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is replaced is what the server itself finds to be a constant: pg_stat_statements says. It
 * takes a sign before a number for part of it; these have none.
 */
final class ServerScannerIT {
  private static List<String> statements(int major) {
    List<String> s =
        new ArrayList<>(
            List.of(
                "select 1, 'a', E'b\\'c', U&'d\\0061', B'101', X'1F', $$x'y$$, $q$ $$ $q$, $é$a$é$",
                "select 1.5, .5, 5., 1e5, 1.5e-3, 1E+3, 123456789012345678901234567890, +5",
                "select 'it''s', 'C:\\dir', E'a\\\\', '', E'\\x41\\'', 'é€'",
                "select 'a'\n  'b', 2",
                "select E'a' -- on the next line\n  'b\\'c', 3",
                "select n + 1 from (select 2 as n) v where n > 1 and n between 3 and 4",
                "insert into t values (1, 'x'), (2, 'y')",
                "update t set a = 12 where b = 'x' or b like 'z%'",
                "delete from t where a = 1+2 and b <> 'q'||'r'",
                "select \"Col 1\", \"it's\" from (select 1 as \"Col 1\", 2 as \"it's\") x",
                "select date '2020-01-01', interval '1 day', '5'::int, cast('6' as numeric(10,2))",
                "select case when 1>2 then 'a' else 'b' end as x1, row(1, 'a')",
                "select substring('abc' from 2 for 1), position('a' in 'abc'), abs(1.5)",
                "select * from generate_series(1, 3) g1 where g1 = 2 limit 1 offset 0",
                "with q as (select 7 as n) select n from q where n <> 8",
                "select 1/* c 'x' /* 2 */ 3 */+4 -- 'y' 5",
                "select /*traceparent='x'*/'a'::text collate \"C\" < 'b'",
                "select 5 a$1, 6 as b2$c, 7 \"8\""));
    if (major >= 16) {
      s.add("select 1_000, 0x1F, 0o17, 0b11, 1_0.0_1e1_0, 0xE+5");
    }
    return s;
  }

  /** As masked: constants alike, and nothing of comments. */
  private static String alike(String normalised) {
    return normalised
        .replaceAll("cast\\(\\$(\\d+) as numeric\\(10,2\\)\\)", "cast(? as numeric(?,?))")
        .replaceAll("(?<![A-Za-z0-9])\\$\\d+", "?")
        .replaceAll("/\\* c .* \\*/", "/*?*/")
        .replaceAll("/\\*traceparent='x'\\*/", "/*traceparent='?'*/")
        .replaceAll("--.*", "--?");
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void constantsAreThoseOfTheServer(int major) throws SQLException {
    try (ThrowawayPostgres server =
            ThrowawayPostgres.builder(PostgresInstallations.ofMajor(major))
                .preload("pg_stat_statements")
                .start();
        Connection c =
            DriverManager.getConnection(server.jdbcUrl("postgres") + "&preferQueryMode=simple");
        Statement statement = c.createStatement()) {
      statement.execute("create extension pg_stat_statements");
      statement.execute("create table t (a int, b text)");
      statement.setEscapeProcessing(false);
      for (String sql : statements(major)) {
        statement.execute("select pg_stat_statements_reset()");
        statement.execute(sql);
        String normalised = normalised(statement, sql);
        String masked = new String(SqlScanner.mask(sql.getBytes(UTF_8)).bytes(), UTF_8);
        assertThat(masked).as(sql).isEqualTo(alike(normalised));
      }
    }
  }

  private static String normalised(Statement statement, String sql) throws SQLException {
    try (ResultSet row =
        statement.executeQuery(
            "select query from pg_stat_statements where query not like '%pg_stat_statements%'")) {
      assertThat(row.next()).as(sql).isTrue();
      String query = row.getString(1);
      assertThat(row.next()).as(sql).isFalse();
      return query;
    }
  }
}
