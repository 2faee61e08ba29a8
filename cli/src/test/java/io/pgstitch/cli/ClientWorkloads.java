package io.pgstitch.cli;

import io.pgstitch.testkit.ThrowawayPostgres;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.core.BaseConnection;

/**
 * Real clients, each in its own way of talking to the server; what they execute is written down.
 */
final class ClientWorkloads {
  /** Names under which the clients connect. */
  static final String[] APPLICATIONS = {
    "psql", "simple", "extended", "binary", "batch", "portal", "several", "keys", "pipeline"
  };

  private static final int PIPELINES = 20;

  private final ThrowawayPostgres server;
  private final StatementLedger ledger;

  ClientWorkloads(ThrowawayPostgres server, StatementLedger ledger) {
    this.server = server;
    this.ledger = ledger;
  }

  /** What they need. */
  static void prepare(ThrowawayPostgres server) {
    server.client().sql("create table c (a int primary key, b text)");
    server.client().sql("insert into c select g, 'row ' || g from generate_series(1, 100) g");
    server.client().sql("create table k (id serial primary key, v text)");
    server.client().sql("create table p (a int)");
  }

  void run(Path directory) throws Exception {
    psql();
    simple();
    extended();
    binary();
    batch();
    portal();
    several();
    keys();
    pipeline(directory);
  }

  private Connection connect(String application, String options) throws SQLException {
    return DriverManager.getConnection(
        server.jdbcUrl("postgres")
            + "&assumeMinServerVersion=12&ApplicationName="
            + application
            + options);
  }

  private void psql() {
    server
        .client()
        .psql(
            "-d",
            "postgres",
            "-c",
            "select 'first' as psql; update c set b = b where a <= 3; select a from c limit 2",
            "-c",
            "copy c to stdout",
            "-c",
            "begin",
            "-c",
            "select 'in a transaction'",
            "-c",
            "rollback");
    ledger.executed("psql", "select 'first' as psql", "SELECT", 1);
    ledger.executed("psql", "update c set b = b where a <= 3", "UPDATE", 3);
    ledger.executed("psql", "select a from c limit 2", "SELECT", 2);
    ledger.executed("psql", "copy c to stdout", "COPY", 100);
    ledger.executed("psql", "begin", "BEGIN", 0);
    ledger.executed("psql", "select 'in a transaction'", "SELECT", 1);
    ledger.executed("psql", "rollback", "ROLLBACK", 0);
  }

  private void simple() throws SQLException {
    try (Connection c = connect("simple", "&preferQueryMode=simple");
        Statement s = c.createStatement()) {
      s.execute("select 'simple one'; delete from c where a > 1000; select 'simple two'");
      ledger.executed("simple", "select 'simple one'", "SELECT", 1);
      ledger.executed("simple", "delete from c where a > 1000", "DELETE", 0);
      ledger.executed("simple", "select 'simple two'", "SELECT", 1);
      s.execute("/* nothing */");
      s.execute("select 'é'");
      ledger.executed("simple", "select 'é'", "SELECT", 1);
    }
  }

  /** From the fifth execution on the driver keeps the statement in the server under a name. */
  private void extended() throws SQLException {
    try (Connection c = connect("extended", "");
        PreparedStatement s = c.prepareStatement("select b from c where a between ? and ?")) {
      for (int i = 1; i <= 12; i++) {
        s.setInt(1, 1);
        s.setInt(2, i);
        drain(s.executeQuery());
        ledger.executed("extended", "select b from c where a between $1 and $2", "SELECT", i);
      }
    }
  }

  private void binary() throws SQLException {
    try (Connection c = connect("binary", "&prepareThreshold=1");
        PreparedStatement s =
            c.prepareStatement("select ?::int8, ?::bytea, now(), 1.5::float8, '{1,2}'::int[]")) {
      for (int i = 0; i < 4; i++) {
        s.setLong(1, i);
        s.setBytes(2, new byte[] {0, 1, (byte) 0xff});
        drain(s.executeQuery());
        ledger.executed(
            "binary",
            "select $1::int8, $2::bytea, now(), 1.5::float8, '{1,2}'::int[]",
            "SELECT",
            1);
      }
    }
  }

  private void batch() throws SQLException {
    try (Connection c = connect("batch", "");
        PreparedStatement s = c.prepareStatement("insert into p values (?)")) {
      for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 30; i++) {
          s.setInt(1, i);
          s.addBatch();
        }
        s.executeBatch();
      }
      ledger.executed("batch", "insert into p values ($1)", "INSERT", 1, 60);
    }
  }

  /** A portal that is read in pieces, and another that is left in the middle. */
  private void portal() throws SQLException {
    try (Connection c = connect("portal", "");
        Statement s = c.createStatement()) {
      c.setAutoCommit(false);
      s.setFetchSize(10);
      drain(s.executeQuery("select g from generate_series(1, 35) g"));
      ledger.executed("portal", "BEGIN", "BEGIN", 0);
      // The server reports the rows of the last piece alone.
      ledger.executed("portal", "select g from generate_series(1, 35) g", "SELECT", 5);
      ResultSet left = s.executeQuery("select g from generate_series(1, 45) g");
      left.next();
      left.close();
      c.commit();
      // The commit ends its executor: pg_stat_statements counts it as a call too.
      ledger.executedWithoutCount("portal", "select g from generate_series(1, 45) g", "SELECT");
      ledger.executed("portal", "COMMIT", "COMMIT", 0);
    }
  }

  /** One string with several statements: the driver sends each with its own Parse and Bind. */
  private void several() throws SQLException {
    try (Connection c = connect("several", "");
        PreparedStatement s =
            c.prepareStatement("select ?::int; select b from c where a = ?; select 'last'")) {
      for (int i = 1; i <= 6; i++) {
        s.setInt(1, i);
        s.setInt(2, i);
        s.execute();
        ledger.executed("several", "select $1::int", "SELECT", 1);
        ledger.executed("several", "select b from c where a = $1", "SELECT", 1);
        ledger.executed("several", "select 'last'", "SELECT", 1);
      }
    }
  }

  private void keys() throws SQLException {
    try (Connection c = connect("keys", "");
        PreparedStatement s =
            c.prepareStatement("insert into k (v) values (?), ('b')", new String[] {"id"})) {
      for (int i = 0; i < 3; i++) {
        s.setString(1, "v" + i);
        s.executeUpdate();
        drain(s.getGeneratedKeys());
        ledger.executed(
            "keys", "insert into k (v) values ($1), ('b')\nRETURNING \"id\"", "INSERT", 2);
      }
    }
  }

  /** Libpq's pipeline mode: many statements on their way before the first answer. */
  private void pipeline(Path directory) throws Exception {
    Path script = directory.resolve("pipeline.sql");
    Files.writeString(
        script,
        "\\set n random(1, 100)\n\\startpipeline\nselect b from c where a = :n;\n"
            + "insert into p values (:n);\nselect b from c where a = :n;\n\\endpipeline\n");
    for (String mode : new String[] {"extended", "prepared"}) {
      pgbench(
          server, "pipeline", "-M", mode, "-f", script.toString(), "-t", String.valueOf(PIPELINES));
      ledger.executed("pipeline", "select b from c where a = $1", "SELECT", 1, 2 * PIPELINES);
      ledger.executed("pipeline", "insert into p values ($1)", "INSERT", 1, PIPELINES);
    }
  }

  /** Runs pgbench on database postgres under another application name than its own. */
  static void pgbench(ThrowawayPostgres server, String application, String... options)
      throws Exception {
    List<String> command = new ArrayList<>(List.of("-n"));
    command.addAll(List.of(options));
    command.add("host=127.0.0.1 dbname=postgres application_name=" + application);
    Process process = server.client().startPgbench(command.toArray(String[]::new));
    try (InputStream error = process.getErrorStream();
        InputStream report = process.getInputStream()) {
      report.readAllBytes();
      byte[] problems = error.readAllBytes();
      if (process.waitFor() != 0) {
        throw new AssertionError(new String(problems, StandardCharsets.UTF_8));
      }
    }
  }

  static void drain(ResultSet rows) throws SQLException {
    try (rows) {
      while (rows.next()) {
        rows.getString(1);
      }
    }
  }

  /** Sends bytes through COPY FROM STDIN. */
  static long copyIn(Connection c, String sql, String data) throws Exception {
    return new org.postgresql.copy.CopyManager(c.unwrap(BaseConnection.class))
        .copyIn(sql, new java.io.StringReader(data));
  }
}
