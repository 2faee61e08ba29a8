package io.pgstitch.cli;

import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A little of everything that clients do, for streams that are kept as files: short enough that a
 * file stays small, and of many kinds.
 */
final class RecordedWorkload {
  private static final String CONTEXT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  private final ThrowawayPostgres server;

  RecordedWorkload(ThrowawayPostgres server) {
    this.server = server;
  }

  /** Tables and functions, made before anything is recorded. */
  void prepare() throws SQLException {
    try (Connection c = connect("prepare", "");
        Statement s = c.createStatement()) {
      for (String sql : StatementKinds.preparation()) {
        s.execute(sql);
      }
      s.execute("create table p (a int)");
      s.execute("create table big as select g, repeat('x', 50) t from generate_series(1, 4000) g");
      s.execute("analyze big");
    }
  }

  void run(Path directory) throws Exception {
    simple();
    psql();
    extended();
    batches();
    portals();
    pipeline(directory);
    prepared();
    nested();
    transactions();
    copies();
    definitions();
    settings();
    lockWait();
    parallel();
    cancelled();
    terminated();
  }

  private Connection connect(String application, String options) throws SQLException {
    return DriverManager.getConnection(
        server.jdbcUrl("postgres")
            + "&assumeMinServerVersion=12&ApplicationName="
            + application
            + options);
  }

  private Connection simple(String application) throws SQLException {
    return connect(application, "&preferQueryMode=simple");
  }

  private static void run(Statement statement, String... texts) throws SQLException {
    for (String sql : texts) {
      if (statement.execute(sql)) {
        ClientWorkloads.drain(statement.getResultSet());
      }
    }
  }

  private static void fails(Statement statement, String sql) {
    try {
      statement.execute(sql);
    } catch (SQLException expected) {
      return;
    }
    throw new AssertionError("no error: " + sql);
  }

  private void simple() throws SQLException {
    try (Connection c = simple("simple");
        Statement s = c.createStatement()) {
      run(s, "select 'one'; select 'two'; delete from work where a > 1000", "/* nothing */");
      run(s, "select 'é'", "select count(*) from work", "update work set b = b where a <= 3");
      fails(s, "select 1/0");
      fails(s, "select 'a'; select * from nowhere; select 'b'");
      fails(s, "selec 1");
      run(s, "values (1), (2), (3)");
    }
  }

  private void psql() {
    server
        .client()
        .psql(
            "-d",
            "postgres",
            "-c",
            "select 'first' as psql; select a from work limit 2",
            "-c",
            "copy (select a from work limit 5) to stdout");
  }

  /** From the fifth execution on the driver keeps the statement in the server under a name. */
  private void extended() throws SQLException {
    try (Connection c = connect("extended", "");
        PreparedStatement s = c.prepareStatement("select b from work where a between ? and ?")) {
      for (int i = 1; i <= 7; i++) {
        s.setInt(1, 1);
        s.setInt(2, i);
        ClientWorkloads.drain(s.executeQuery());
      }
      try (PreparedStatement broken = c.prepareStatement("select 1 / ?::int")) {
        broken.setInt(1, 0);
        broken.executeQuery();
      } catch (SQLException expected) {
        // A statement that fails when it runs.
      }
      try (PreparedStatement unknown = c.prepareStatement("select * from nowhere where a = ?")) {
        unknown.setInt(1, 0);
        unknown.executeQuery();
      } catch (SQLException expected) {
        // A statement that fails when it is parsed.
      }
    }
  }

  private void batches() throws SQLException {
    try (Connection c = connect("batch", "");
        PreparedStatement s = c.prepareStatement("insert into p values (?)")) {
      for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 5; i++) {
          s.setInt(1, i);
          s.addBatch();
        }
        s.executeBatch();
      }
    }
  }

  /** Portals that are read in pieces, one of them left in the middle, two at a time. */
  private void portals() throws SQLException {
    try (Connection c = connect("portal", "");
        Statement s = c.createStatement();
        Statement other = c.createStatement()) {
      c.setAutoCommit(false);
      s.setFetchSize(4);
      other.setFetchSize(3);
      ClientWorkloads.drain(s.executeQuery("select g from generate_series(1, 10) g"));
      ResultSet one = s.executeQuery("select g from generate_series(1, 9) g");
      ResultSet two = other.executeQuery("select g from generate_series(11, 19) g");
      for (int i = 0; i < 6; i++) {
        one.next();
        two.next();
      }
      two.close();
      c.commit();
    }
  }

  private void pipeline(Path directory) throws Exception {
    Path script = directory.resolve("pipeline.sql");
    Files.writeString(
        script,
        "\\startpipeline\nselect b from work where a = 7;\ninsert into p values (8);\n"
            + "select b from work where a = 9;\n\\endpipeline\n");
    for (String mode : new String[] {"extended", "prepared"}) {
      ClientWorkloads.pgbench(server, "pipeline", "-M", mode, "-f", script.toString(), "-t", "3");
    }
  }

  private void prepared() throws SQLException {
    try (Connection c = simple("prepared");
        Statement s = c.createStatement()) {
      run(s, "prepare q(int) as select b from work where a <= $1");
      run(s, "execute q(1)", "execute q(2)", "deallocate q");
      run(s, "begin", "declare c scroll cursor for select a from work order by a");
      run(s, "fetch 3 from c", "move 2 in c", "fetch backward 1 from c", "close c");
      run(s, "declare h cursor with hold for select a from work where a <= 5", "commit");
      run(s, "fetch 2 from h", "close h");
    }
  }

  private void nested() throws SQLException {
    try (Connection c = simple("nested");
        Statement s = c.createStatement()) {
      run(s, "select nest(3)", "select sqlf(10)", "select * from sqlmany()", "select loops()");
      run(s, "insert into watched select g from generate_series(1, 2) g", "call commits()");
      run(s, "insert into child values (11, 5)", "delete from parent where id = 2");
      run(s, "do $$ begin perform 1; perform 2; end $$");
    }
  }

  private void transactions() throws SQLException {
    try (Connection c = connect("transactions", "");
        Statement s = c.createStatement()) {
      c.setAutoCommit(false);
      run(s, "insert into log values ('kept')");
      Savepoint savepoint = c.setSavepoint();
      fails(s, "select * from nowhere");
      c.rollback(savepoint);
      c.commit();
      run(s, "insert into log values ('taken back')");
      c.rollback();
    }
  }

  private void copies() throws Exception {
    try (Connection c = simple("copies");
        Statement s = c.createStatement()) {
      run(s, "create table copied (a int, b text)");
      ClientWorkloads.copyIn(c, "copy copied from stdin", "1\tone\n2\ttwo\n3\tthree\n");
      run(s, "select count(*) from copied");
    }
  }

  private void definitions() throws SQLException {
    try (Connection c = simple("definitions");
        Statement s = c.createStatement()) {
      run(s, "create table taken as select * from copied", "create index on taken (a)");
      run(s, "alter table taken add column c int default 3", "analyze taken", "vacuum taken");
      run(s, "explain (analyze, costs off, timing off) select * from taken", "drop table taken");
    }
  }

  /** Trace contexts, and a level that the session switches. */
  private void settings() throws SQLException {
    try (Connection c = simple("settings");
        Statement s = c.createStatement()) {
      run(s, "set pgstitch.traceparent = '" + CONTEXT + "'", "select 'in a context'");
      run(s, "begin", "set local pgstitch.traceparent = ''", "select 'in none'", "commit");
      run(s, "select 'commented' /*traceparent='" + CONTEXT + "'*/", "reset pgstitch.traceparent");
      run(s, "set pgstitch.level = 1", "select 'at level 1'", "select nest(1)");
      run(s, "set pgstitch.level = 28", "select 'at level 28'", "reset pgstitch.level");
      run(s, "set pgstitch.level = 12; select nest(1); set pgstitch.level = 1; select nest(1)");
      run(s, "reset pgstitch.level", "select 'as it was'");
    }
  }

  private void lockWait() throws Exception {
    try (Connection holder = simple("holder");
        Statement held = holder.createStatement();
        Connection waiter = simple("waiter");
        Statement waiting = waiter.createStatement()) {
      run(held, "begin", "update work set b = 'held' where a = 1");
      Thread thread =
          new Thread(
              () -> {
                try {
                  run(waiting, "update work set b = 'waited' where a = 1");
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              });
      thread.start();
      TimeUnit.MILLISECONDS.sleep(250);
      run(held, "commit");
      thread.join();
    }
  }

  private void parallel() throws SQLException {
    try (Connection c = simple("parallel");
        Statement s = c.createStatement()) {
      for (String set :
          List.of(
              "max_parallel_workers_per_gather = 2",
              "parallel_setup_cost = 0",
              "parallel_tuple_cost = 0",
              "min_parallel_table_scan_size = 0")) {
        run(s, "set " + set);
      }
      run(s, "select count(*), max(length(t)) from big");
    }
  }

  private void cancelled() throws SQLException {
    try (Connection c = simple("cancelled");
        Statement s = c.createStatement()) {
      s.setQueryTimeout(1);
      fails(s, "select pg_sleep(20)");
      s.setQueryTimeout(0);
      run(s, "set statement_timeout = 50");
      fails(s, "select pg_sleep(20)");
      run(s, "select 'after'");
    }
  }

  /** Backends that are ended from outside: one idle in a transaction, one while it works. */
  private void terminated() throws Exception {
    try (Connection c = simple("terminator");
        Statement s = c.createStatement()) {
      try (Connection idle = simple("idle");
          Statement i = idle.createStatement()) {
        run(i, "begin", "select 'idle'");
        run(
            s,
            "select pg_terminate_backend(pid) from pg_stat_activity where query like '%idle''%'"
                + " and pid <> pg_backend_pid()");
      } catch (SQLException expected) {
        // The connection is gone when it is closed.
      }
      try (Connection busy = simple("busy");
          Statement b = busy.createStatement()) {
        Thread thread = new Thread(() -> fails(b, "select pg_sleep(20), 'busy'"));
        thread.start();
        TimeUnit.MILLISECONDS.sleep(250);
        run(
            s,
            "select pg_terminate_backend(pid) from pg_stat_activity where query like '%busy''%'"
                + " and pid <> pg_backend_pid()");
        thread.join();
      } catch (SQLException expected) {
        // The same.
      }
    }
  }
}
