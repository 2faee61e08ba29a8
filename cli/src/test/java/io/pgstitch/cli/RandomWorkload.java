package io.pgstitch.cli;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/**
 * A client that does what a seed says: queries, changes, functions that run statements, errors,
 * savepoints, cursors, rollbacks, by both protocols. All that it gets back goes into a digest, so
 * that two runs on equal databases can be compared.
 */
final class RandomWorkload {
  static final String APPLICATION = "random";

  private final Random random;
  private final Connection simple;
  private final Connection extended;
  private final MessageDigest digest;
  private final List<String> done = new ArrayList<>();
  private int depth;
  private int cursors;

  private RandomWorkload(long seed, Connection simple, Connection extended) throws Exception {
    this.random = new Random(seed);
    this.simple = simple;
    this.extended = extended;
    this.digest = MessageDigest.getInstance("SHA-256");
  }

  /** What it works on. */
  static List<String> preparation() {
    return List.of(
        "create table r (id int primary key, v int, t text)",
        "create table rc (id serial primary key, r int references r on delete cascade)",
        "create table rl (what text)",
        "insert into r select g, g % 10, repeat('t', g % 40) from generate_series(1, 300) g",
        "insert into rc (r) select g from generate_series(1, 100) g",
        "create function rt() returns trigger language plpgsql as $$ begin"
            + " insert into rl values (tg_op); return null; end $$",
        "create trigger rt after update or delete on r for each row execute function rt()",
        "create function rnest(n int) returns int language plpgsql as $$ declare x int; begin"
            + " if n <= 0 then return (select count(*) from r where v = 1); end if;"
            + " select rnest(n - 1) into x; return x + 1; end $$",
        "create function rfail(n int) returns int language plpgsql as $$ begin"
            + " insert into rl values ('before'); begin perform 1 / (n % 2);"
            + " exception when division_by_zero then insert into rl values ('caught'); end;"
            + " if n % 3 = 0 then raise exception 'random failure %', n using errcode = 'P0099'; end if;"
            + " return n; end $$",
        "create function rsql(n int) returns setof text language sql as"
            + " $$ select t from r where v = n order by id limit 5 $$",
        "create procedure rproc(n int) language plpgsql as $$ begin"
            + " for i in 1..n loop insert into rl values ('proc'); if i % 2 = 0 then commit;"
            + " else rollback; end if; end loop; end $$");
  }

  /**
   * Does a number of statements.
   *
   * @return digest of all results and errors
   */
  static String run(String jdbcUrl, long seed, int statements) throws Exception {
    String url = jdbcUrl + "&assumeMinServerVersion=12&ApplicationName=" + APPLICATION;
    try (Connection simple = DriverManager.getConnection(url + "&preferQueryMode=simple");
        Connection extended = DriverManager.getConnection(url + "&prepareThreshold=3")) {
      RandomWorkload workload = new RandomWorkload(seed, simple, extended);
      while (workload.done.size() < statements) {
        workload.step();
      }
      workload.execute("rollback");
      return HexFormat.of().formatHex(workload.digest.digest());
    }
  }

  private void step() throws SQLException {
    switch (random.nextInt(16)) {
      case 0 -> execute("begin");
      case 1 -> execute(random.nextInt(3) == 0 ? "rollback" : "commit");
      case 2 -> savepoint();
      case 3 -> execute("select 1 / (" + random.nextInt(3) + " - 1)");
      case 4 -> execute("select * from missing_" + random.nextInt(3));
      case 5 -> execute("select rnest(" + random.nextInt(8) + ")");
      case 6 -> execute("select rfail(" + random.nextInt(12) + ")");
      case 7 -> execute("update r set v = v + 1 where id between " + range());
      case 8 -> execute("delete from r where id = " + (1 + random.nextInt(300)));
      case 9 -> execute("insert into r values (" + (1 + random.nextInt(400)) + ", 1, 'new')");
      case 10 -> cursor();
      case 11 -> several();
      case 12 ->
          execute(
              random.nextBoolean()
                  ? "select rsql(v) from r where id = 5"
                  : "select * from rsql(3)");
      case 13 -> execute("call rproc(" + (1 + random.nextInt(4)) + ")");
      default -> prepared();
    }
  }

  private String range() {
    int from = 1 + random.nextInt(290);
    return from + " and " + (from + random.nextInt(10));
  }

  private void savepoint() throws SQLException {
    switch (random.nextInt(3)) {
      case 0 -> execute("savepoint s" + (++depth % 4));
      case 1 -> execute("rollback to s" + random.nextInt(4));
      default -> execute("release s" + random.nextInt(4));
    }
  }

  private void cursor() throws SQLException {
    String name = "c" + (++cursors);
    String hold = random.nextBoolean() ? " with hold" : "";
    execute("declare " + name + " cursor" + hold + " for select id, rnest(1) from r order by id");
    for (int i = random.nextInt(4); i > 0; i--) {
      execute(
          (random.nextBoolean() ? "fetch " : "move ") + (1 + random.nextInt(20)) + " from " + name);
    }
    if (random.nextBoolean()) {
      execute("close " + name);
    }
  }

  private void several() throws SQLException {
    execute(
        "select count(*) from r; update r set t = 'x' where id = "
            + random.nextInt(300)
            + "; select "
            + random.nextInt(9)
            + " / "
            + random.nextInt(3)
            + "; select 'end'");
  }

  private void execute(String sql) throws SQLException {
    done.add(sql);
    try (Statement s = simple.createStatement()) {
      boolean rows = s.execute(sql);
      while (rows || s.getUpdateCount() >= 0) {
        if (rows) {
          results(s.getResultSet());
        } else {
          add("count " + s.getUpdateCount());
        }
        rows = s.getMoreResults();
      }
    } catch (SQLException e) {
      add("error " + e.getSQLState() + " " + e.getMessage());
    }
  }

  /** By the extended protocol, with portals that are read in pieces and some that are left. */
  private void prepared() throws SQLException {
    done.add("prepared");
    try {
      extended.setAutoCommit(random.nextBoolean());
      try (PreparedStatement s =
          extended.prepareStatement(
              random.nextBoolean()
                  ? "select id, t from r where v >= ? order by id"
                  : "select rfail(?)")) {
        s.setFetchSize(random.nextInt(3) * 20);
        s.setInt(1, random.nextInt(8));
        ResultSet rows = s.executeQuery();
        if (random.nextInt(3) == 0) {
          rows.next();
          add(rows.getString(1));
          rows.close();
        } else {
          results(rows);
        }
      }
      if (!extended.getAutoCommit()) {
        if (random.nextBoolean()) {
          extended.commit();
        } else {
          extended.rollback();
        }
      }
    } catch (SQLException e) {
      add("error " + e.getSQLState() + " " + e.getMessage());
      if (!extended.getAutoCommit()) {
        extended.rollback();
      }
    }
  }

  private void results(ResultSet rows) throws SQLException {
    try (rows) {
      int columns = rows.getMetaData().getColumnCount();
      while (rows.next()) {
        for (int i = 1; i <= columns; i++) {
          add(rows.getString(i));
        }
      }
    }
  }

  private void add(String text) {
    digest.update((text + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
