package io.pgstitch.collector;

import io.pgstitch.testkit.ThrowawayPostgres;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

/** A client that sends each text as one message of the simple protocol, and nothing else. */
final class SqlSession implements AutoCloseable {
  private final Connection connection;
  private final Statement statement;
  private final int pid;

  SqlSession(ThrowawayPostgres server, String user, String database, String options) {
    Properties properties = new Properties();
    properties.put("user", user);
    properties.put("preferQueryMode", "simple");
    // What the driver would set by statements goes with the startup packet.
    properties.put("assumeMinServerVersion", "13");
    properties.put("ApplicationName", "session");
    if (!options.isEmpty()) {
      properties.put("options", options);
    }
    try {
      connection =
          DriverManager.getConnection(
              "jdbc:postgresql://127.0.0.1:" + server.port() + "/" + database, properties);
      statement = connection.createStatement();
      statement.setEscapeProcessing(false);
      pid = Integer.parseInt(value("select pg_backend_pid()"));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  SqlSession(ThrowawayPostgres server) {
    this(server, "postgres", "postgres", "");
  }

  int pid() {
    return pid;
  }

  void run(String sql) {
    try {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  /** Runs what ends with an error. */
  void fail(String sql) {
    try {
      statement.execute(sql);
    } catch (SQLException expected) {
      return;
    }
    throw new AssertionError("no error: " + sql);
  }

  String value(String sql) {
    try (ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
