package io.pgstitch.cli;

import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import io.pgstitch.testkit.PostgresInstallation;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A real publisher and a real subscriber. */
class LogicalReplicationIT {
  private static final String TABLE = "create table t (a int primary key, b text)";

  @TempDir private Path dir;

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void whatIsSeenOfIt(int major) throws Exception {
    PostgresInstallation installation = PostgresInstallations.ofMajor(major);
    try (ThrowawayPostgres publisher =
            ThrowawayPostgres.builder(installation).setting("wal_level", "logical").start();
        ThrowawayPostgres subscriber = ThrowawayPostgres.builder(installation).start()) {
      for (String sql :
          List.of(
              TABLE,
              "insert into t select g, 'x' from generate_series(1, 100) g",
              "create publication p for table t")) {
        publisher.client().sql(sql);
      }
      for (String sql :
          List.of(
              TABLE,
              "create table seen (a int)",
              "create function see() returns trigger language plpgsql as"
                  + " $$ begin insert into seen values (new.a); return null; end $$",
              "create trigger see after insert on t for each row execute function see()",
              "alter table t enable always trigger see")) {
        subscriber.client().sql(sql);
      }
      try (StitchedServer stitched =
          StitchedServer.start(
              dir,
              Map.of(
                  "level",
                  "8",
                  "background",
                  "logical-replication",
                  "pids",
                  publisher.postmasterPid() + "," + subscriber.postmasterPid()))) {
        subscriber
            .client()
            .sql(
                "create subscription s connection 'host=localhost port="
                    + publisher.port()
                    + " user=postgres dbname=postgres' publication p");
        await(
            subscriber,
            "select count(*) = 0 from pg_subscription_rel where srsubstate <> 'r'"
                + " having (select count(*) from t) = 100");
        publisher.client().sql("insert into t select g, 'y' from generate_series(101, 107) g");
        await(subscriber, "select count(*) = 107 from t");
        publisher.client().sql("update t set b = 'z' where a <= 5");
        publisher.client().sql("delete from t where a = 6");
        await(subscriber, "select count(*) = 106 from t");
        publisher.client().sql("truncate t");
        await(subscriber, "select count(*) = 0 from t");
        subscriber.client().sql("drop subscription s");
        for (QueryTrace t : stitched.stop()) {
          if (t.getBackend().getApplicationName().equals("psql")) {
            continue;
          }
          System.out.println(
              "M"
                  + major
                  + " "
                  + t.getBackend().getKind()
                  + " ["
                  + t.getBackend().getBackendType()
                  + "] app="
                  + t.getBackend().getApplicationName()
                  + " db="
                  + t.getBackend().getDatabase()
                  + " tag="
                  + t.getCommandTag()
                  + " "
                  + t.getCloseReason()
                  + " complete="
                  + t.getComplete()
                  + " ms="
                  + (t.getEndUtcNs() - t.getStartUtcNs()) / 1000000
                  + " text="
                  + t.getText());
          for (Span s : t.getSpans()) {
            if (!s.getParentSpanId().isEmpty()) {
              System.out.println(
                  "      "
                      + s.getKind()
                      + " "
                      + s.getName()
                      + " "
                      + s.getText()
                      + " rows "
                      + s.getRows()
                      + " d"
                      + s.getDepth()
                      + " "
                      + s.getBuffers()
                      + " "
                      + s.getWal());
            } else System.out.println("   ROOT " + s.getBuffers() + " " + s.getWal());
          }
        }
      }
    }
  }

  private static void await(ThrowawayPostgres server, String condition) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!server.client().sql(condition).equals("t")) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not within a minute: " + condition);
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }
}
