package io.pgstitch.benchmarks;

import java.util.List;

/**
 * pg_stat_statements counts.
 *
 * @param database that preloads it
 * @param loads under it
 */
record StatementsState(Database database, List<Load> loads) implements ServerState {
  @Override
  public String name() {
    return "pg_stat_statements";
  }

  @Override
  public String optionsOfOne() {
    return "";
  }

  @Override
  public String optionsOfOthers() {
    return "";
  }

  @Override
  public AutoCloseable begin() {
    sql("create extension if not exists pg_stat_statements");
    sql("select pg_stat_statements_reset()");
    return () -> sql("select pg_stat_statements_reset()");
  }

  @Override
  public void verify(Load load, long transactions) {
    long calls =
        Long.parseLong(
            sql(
                "select coalesce(sum(calls), 0) from pg_stat_statements"
                    + " where query like 'SELECT abalance%'"));
    if (calls != transactions) {
      throw new IllegalStateException(
          "pg_stat_statements counted " + calls + " of " + transactions + " transactions");
    }
    sql("select pg_stat_statements_reset()");
  }

  private String sql(String statement) {
    return database.server().client().sql(statement).strip();
  }
}
