package io.pgstitch.cli;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * Statements of every kind, one after the other in one session, as texts of the simple protocol.
 * Each is written down with the command and the rows that the server must report.
 */
final class StatementKinds {
  static final String APPLICATION = "kinds";

  private final StatementLedger ledger;
  private final Connection connection;
  private final Statement statement;

  private StatementKinds(Connection connection, StatementLedger ledger) throws SQLException {
    this.connection = connection;
    this.ledger = ledger;
    this.statement = connection.createStatement();
  }

  /** What they need: made before tracing begins. */
  static List<String> preparation() {
    return List.of(
        "create table parent (id int primary key, v int)",
        "create table child (id int primary key, p int references parent on delete cascade)",
        "create table grandchild (id int primary key, c int references child on delete cascade)",
        "create table log (what text)",
        "create table work (a int, b text)",
        "insert into work select g, 'w' || g from generate_series(1, 200) g",
        "insert into parent select g, g from generate_series(1, 5) g",
        "insert into child select g, (g - 1) / 2 + 1 from generate_series(1, 10) g",
        "insert into grandchild select g, (g - 1) / 2 + 1 from generate_series(1, 20) g",
        "create function nest(n int) returns int language plpgsql as $$ declare r int; begin"
            + " if n > 0 then select nest(n - 1) + 1 into r; return r; end if; return 0; end $$",
        "create function sqlf(n int) returns bigint language sql as"
            + " $$ select count(*) from work where a <= n; $$",
        "create function sqlmany() returns setof int language sql as"
            + " $$ insert into log values ('sqlmany'); select a from work where a <= 3 order by a; $$",
        "create function loops() returns int language plpgsql as $$ declare t int := 0; r record;"
            + " c cursor for select a from work where a <= 4; begin"
            + " for r in select a from work where a <= 3 loop t := t + r.a; end loop;"
            + " open c; loop fetch c into r; exit when not found; t := t + r.a; end loop; close c;"
            + " for i in 1..3 loop begin insert into parent values (1, 1);"
            + " exception when unique_violation then insert into log values ('caught'); end; end loop;"
            + " return t; end $$",
        "create function watch() returns trigger language plpgsql as $$ begin"
            + " insert into log values (tg_op || ' ' || tg_when || ' ' || tg_level);"
            + " return coalesce(new, old); end $$",
        "create table watched (a int)",
        "create trigger w1 before insert on watched for each row execute function watch()",
        "create trigger w2 after insert on watched for each row execute function watch()",
        "create trigger w3 after insert on watched for each statement execute function watch()",
        "create procedure commits() language plpgsql as $$ begin"
            + " for i in 1..3 loop insert into log values ('commits'); commit; end loop; end $$");
  }

  static void run(String jdbcUrl, StatementLedger ledger) throws Exception {
    try (Connection c =
        DriverManager.getConnection(
            jdbcUrl
                + "&preferQueryMode=simple&assumeMinServerVersion=12&ApplicationName="
                + APPLICATION)) {
      new StatementKinds(c, ledger).run();
    }
  }

  private void run() throws Exception {
    preparedStatements();
    cursors();
    copies();
    utility();
    nested();
  }

  private void is(String sql, String tag, long rows) throws SQLException {
    run(sql);
    ledger.executed(APPLICATION, sql, tag, rows);
  }

  /** An EXPLAIN reports as many rows as its output has lines. */
  private void explains(String sql) throws SQLException {
    ledger.executed(APPLICATION, sql, "EXPLAIN", run(sql));
  }

  private long run(String sql) throws SQLException {
    long rows = 0;
    if (statement.execute(sql)) {
      try (ResultSet all = statement.getResultSet()) {
        while (all.next()) {
          all.getString(1);
          rows++;
        }
      }
    }
    return rows;
  }

  private void preparedStatements() throws SQLException {
    is("prepare q(int) as select b from work where a <= $1", "PREPARE", 0);
    for (String mode : new String[] {"force_custom_plan", "force_generic_plan", "auto"}) {
      is("set plan_cache_mode = " + mode, "SET", 0);
      for (int i = 1; i <= 7; i++) {
        is("execute q(" + i + ")", "SELECT", i);
      }
    }
    is("deallocate q", "DEALLOCATE", 0);
  }

  private void cursors() throws SQLException {
    is("begin", "BEGIN", 0);
    is("declare c scroll cursor for select a from work order by a", "DECLARE CURSOR", 0);
    is("fetch 3 from c", "FETCH", 3);
    is("move 2 in c", "MOVE", 2);
    is("fetch backward 1 from c", "FETCH", 1);
    is("fetch all from c", "FETCH", 196);
    is("close c", "CLOSE CURSOR", 0);
    is("declare h cursor with hold for select a from work where a <= 5", "DECLARE CURSOR", 0);
    is("commit", "COMMIT", 0);
    is("fetch 2 from h", "FETCH", 2);
    is("close h", "CLOSE CURSOR", 0);
  }

  private void copies() throws Exception {
    StringBuilder data = new StringBuilder();
    for (int i = 0; i < 500; i++) {
      data.append(i).append('\t').append("copied ").append(i).append('\n');
    }
    is("create table copied (a int, b text)", "CREATE TABLE", 0);
    ClientWorkloads.copyIn(connection, "copy copied from stdin", data.toString());
    ledger.executed(APPLICATION, "copy copied from stdin", "COPY", 500);
    is("create table taken as select * from copied where a < 50", "SELECT", 50);
    is("select count(*) from copied", "SELECT", 1);
  }

  private void utility() throws SQLException {
    is("alter table copied add column c int default 3", "ALTER TABLE", 0);
    is("create index copied_a on copied (a)", "CREATE INDEX", 0);
    is("analyze copied", "ANALYZE", 0);
    is("vacuum copied", "VACUUM", 0);
    is("truncate taken", "TRUNCATE TABLE", 0);
    is("drop table taken", "DROP TABLE", 0);
    explains("explain (analyze, costs off, timing off) select * from copied");
    explains("explain (analyze, costs off, timing off) insert into log values ('e')");
    is("do $$ begin perform 1; perform 2; end $$", "DO", 0);
    is("call commits()", "CALL", 0);
    is("values (1), (2), (3)", "SELECT", 3);
    is("with x as (delete from copied where a < 10 returning a) select * from x", "SELECT", 10);
    is("begin", "BEGIN", 0);
    is("savepoint s", "SAVEPOINT", 0);
    List<String> failing = new ArrayList<>(List.of("select 1/0", "select * from nowhere"));
    for (String sql : failing) {
      try {
        statement.execute(sql);
        throw new AssertionError("no error: " + sql);
      } catch (SQLException expected) {
        // In an aborted transaction nothing but this is done.
      }
      is("rollback to savepoint s", "ROLLBACK", 0);
    }
    is("release savepoint s", "RELEASE", 0);
    is("rollback", "ROLLBACK", 0);
  }

  private void nested() throws SQLException {
    is("select nest(6)", "SELECT", 1);
    is("select sqlf(10)", "SELECT", 1);
    is("select sqlf(a), a from work where a <= 4", "SELECT", 4);
    is("select * from sqlmany()", "SELECT", 3);
    is("select loops()", "SELECT", 1);
    is("insert into watched select g from generate_series(1, 3) g", "INSERT", 3);
    is("insert into child values (11, 5)", "INSERT", 1);
    is("delete from parent where id <= 2", "DELETE", 2);
  }
}
