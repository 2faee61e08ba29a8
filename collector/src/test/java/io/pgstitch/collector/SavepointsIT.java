package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.testkit.PostgresInstallations;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A level that a savepoint or an exception block takes back is in force as the server has it. */
final class SavepointsIT {
  private static final String MARK = "select 'mark ";
  private static final int DEFAULT = 1;
  private static final int[] LEVELS = {1, 4, 5, 8, 9, 12, 13};

  @TempDir Path dir;

  /** Does random things and says what the server has in force after each. */
  private static final class Client {
    private final Statement statement;
    private final Random random;
    private final List<String> savepoints = new ArrayList<>();
    private final Map<String, Integer> expected = new LinkedHashMap<>();
    private boolean inTransaction;
    private boolean failed;

    Client(Statement statement, long seed) {
      this.statement = statement;
      this.random = new Random(seed);
    }

    private String set() {
      int level = LEVELS[random.nextInt(LEVELS.length)];
      return switch (random.nextInt(6)) {
        case 0 -> "set local pgstitch.level = " + level;
        case 1 -> "reset pgstitch.level";
        case 2 -> "reset all";
        default -> "set pgstitch.level = " + level;
      };
    }

    private String block(int depth) {
      StringBuilder block = new StringBuilder("begin ");
      int things = 1 + random.nextInt(3);
      for (int i = 0; i < things; i++) {
        switch (random.nextInt(depth > 0 ? 4 : 2)) {
          case 0 -> block.append(set()).append("; ");
          case 1 ->
              block
                  .append("perform set_config('pgstitch.level', '")
                  .append(LEVELS[random.nextInt(LEVELS.length)])
                  .append("', ")
                  .append(random.nextBoolean())
                  .append("); ");
          default -> block.append(block(depth - 1)).append("; ");
        }
      }
      if (random.nextInt(3) == 0) {
        block.append("perform 1/0; ");
      }
      return block.append("exception when others then null; end").toString();
    }

    private void step() throws SQLException {
      switch (random.nextInt(10)) {
        case 0 -> {
          run(inTransaction ? (random.nextBoolean() ? "commit" : "rollback") : "begin");
          inTransaction = !inTransaction;
          savepoints.clear();
        }
        case 1, 2 -> {
          if (inTransaction) {
            String name = "s" + random.nextInt(4);
            run("savepoint " + name);
            savepoints.add(name);
          }
        }
        case 3 -> {
          int at = pick();
          if (at >= 0) {
            run("release " + savepoints.get(at));
            savepoints.subList(at, savepoints.size()).clear();
          }
        }
        case 4, 5 -> {
          int at = pick();
          if (at >= 0) {
            run("rollback to " + savepoints.get(at));
            savepoints.subList(at + 1, savepoints.size()).clear();
          }
        }
        case 6 -> run("do $$ " + block(2) + " $$");
        case 7 -> {
          if (random.nextInt(3) == 0) {
            fail();
          }
        }
        default -> run(set());
      }
    }

    /** The name that the server would find: the newest of that name. */
    private int pick() {
      return savepoints.isEmpty()
          ? -1
          : savepoints.lastIndexOf(savepoints.get(random.nextInt(savepoints.size())));
    }

    private void run(String sql) throws SQLException {
      statement.execute(sql);
    }

    private void fail() throws SQLException {
      try {
        statement.execute("select 1/0");
        throw new AssertionError("no error");
      } catch (SQLException expectedError) {
        failed = inTransaction;
      }
      if (failed) {
        int at = pick();
        if (at < 0) {
          run("rollback");
          inTransaction = false;
        } else {
          run("rollback to " + savepoints.get(at));
          savepoints.subList(at + 1, savepoints.size()).clear();
        }
        failed = false;
      }
    }

    private void mark(int number) throws SQLException {
      String sql = MARK + number + "', current_setting('pgstitch.level', true)";
      try (ResultSet row = statement.executeQuery(sql)) {
        row.next();
        String value = row.getString(2);
        int level = value == null || value.isEmpty() ? DEFAULT : Integer.parseInt(value);
        expected.put(sql.substring(MARK.length()), level);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void theLevelIsWhatTheServerSays(int major) throws SQLException {
    try (TracedServer traced =
        new TracedServer(dir, PostgresInstallations.ofMajor(major), b -> b)) {
      traced.set("level", String.valueOf(DEFAULT));
      traced.collect();
      Map<String, Integer> expected = new LinkedHashMap<>();
      String url = traced.server().jdbcUrl("postgres");
      try (Connection c = DriverManager.getConnection(url + "&preferQueryMode=simple");
          Statement statement = c.createStatement()) {
        Client client = new Client(statement, major);
        for (int i = 0; i < 600; i++) {
          client.step();
          client.mark(i);
        }
        expected.putAll(client.expected);
      }
      assertThat(expected.values()).contains(4, 8, 12, DEFAULT);
      assertThat(Batches.levels(traced.batches(), MARK)).isEqualTo(expected);
    }
  }
}
