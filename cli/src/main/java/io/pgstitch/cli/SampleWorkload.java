package io.pgstitch.cli;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What {@code pgstitch demo} runs on its server: a small shop with one of each thing that a trace
 * can show.
 */
final class SampleWorkload {
  /** A statement whose tree has functions, nested statements and a trigger. */
  static final String INTERESTING_STATEMENT = "select place_order(7, 3)";

  private static final int ORDERS = 20_000;
  private static final int PREPARED_RUNS = 10;
  private static final long LOCK_HELD_MILLIS = 1_000;
  private static final String DIVISION_BY_ZERO = "22012";

  private static final String[] SCHEMA = {
    "create table customer (id int primary key, name text not null, orders int not null default 0)",
    "create table orders (id serial primary key, customer int not null references customer, amount int not null)",
    "create table audit (at timestamptz not null, what text not null)",
    "insert into customer select i, 'customer ' || i from generate_series(1, 1000) i",
    "insert into orders (customer, amount) select 1 + i % 1000, i % 97 from generate_series(1, "
        + ORDERS
        + ") i",
    """
    create function note_order() returns trigger language plpgsql as $$
    begin
      insert into audit values (clock_timestamp(), 'order ' || new.id);
      return new;
    end $$""",
    "create trigger note_order after insert on orders for each row execute function note_order()",
    """
    create function place_order(who int, how_many int) returns bigint language plpgsql as $$
    declare
      total bigint;
    begin
      for i in 1..how_many loop
        insert into orders (customer, amount) values (who, i);
      end loop;
      update customer set orders = orders + how_many where id = who;
      perform pg_sleep(0.05);
      select sum(amount) into total from orders where customer = who;
      return total;
    end $$"""
  };

  private final String jdbcUrl;

  SampleWorkload(String jdbcUrl) {
    this.jdbcUrl = jdbcUrl;
  }

  /** Runs all of it; takes about two seconds. */
  void run() throws SQLException, InterruptedException {
    try (Connection session = connect()) {
      createSchema(session);
      joinAndSort(session);
      query(session, INTERESTING_STATEMENT);
      query(session, "select pg_sleep(0.2)");
      runPrepared(session);
      failOnPurpose(session);
      readThroughCursor(session);
      waitForLock(session);
    }
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(jdbcUrl);
  }

  private static void createSchema(Connection session) throws SQLException {
    try (Statement statement = session.createStatement()) {
      for (String sql : SCHEMA) {
        statement.execute(sql);
      }
    }
  }

  private static void joinAndSort(Connection session) throws SQLException {
    query(
        session,
        "select c.name, count(*), sum(o.amount) from orders o join customer c on c.id = o.customer"
            + " group by c.name order by sum(o.amount) desc, c.name");
  }

  private static void runPrepared(Connection session) throws SQLException {
    try (PreparedStatement statement =
        session.prepareStatement("select amount from orders where id = ?")) {
      for (int i = 1; i <= PREPARED_RUNS; i++) {
        statement.setInt(1, i);
        readAll(statement.executeQuery());
      }
    }
  }

  private static void failOnPurpose(Connection session) throws SQLException {
    try {
      query(session, "select amount / (id - id) from orders where id = 1");
    } catch (SQLException e) {
      if (!DIVISION_BY_ZERO.equals(e.getSQLState())) {
        throw e;
      }
    }
  }

  private static void readThroughCursor(Connection session) throws SQLException {
    session.setAutoCommit(false);
    try (Statement statement = session.createStatement()) {
      statement.execute(
          "declare bill cursor for select id, amount from orders order by amount desc, id");
      for (int i = 0; i < 3; i++) {
        readAll(statement.executeQuery("fetch 100 from bill"));
      }
      statement.execute("close bill");
    }
    session.commit();
    session.setAutoCommit(true);
  }

  /** A second session locks a row, the first waits for it. */
  private void waitForLock(Connection waiter) throws SQLException, InterruptedException {
    CountDownLatch locked = new CountDownLatch(1);
    CompletableFuture<Void> holder = CompletableFuture.runAsync(() -> holdLock(locked));
    if (!locked.await(10, TimeUnit.SECONDS)) {
      throw new SQLException("the second session did not get its lock within 10 s");
    }
    try (Statement statement = waiter.createStatement()) {
      statement.executeUpdate("update customer set orders = orders + 1 where id = 42");
    }
    try {
      holder.get(10, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new SQLException("the second session failed", e);
    }
  }

  private void holdLock(CountDownLatch locked) {
    try (Connection session = connect();
        Statement statement = session.createStatement()) {
      session.setAutoCommit(false);
      statement.executeUpdate("update customer set orders = orders + 1 where id = 42");
      locked.countDown();
      Thread.sleep(LOCK_HELD_MILLIS);
      session.commit();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void query(Connection session, String sql) throws SQLException {
    try (Statement statement = session.createStatement()) {
      readAll(statement.executeQuery(sql));
    }
  }

  private static void readAll(ResultSet rows) throws SQLException {
    try (rows) {
      while (rows.next()) {
        rows.getObject(1);
      }
    }
  }
}
