package io.pgstitch.cli;

import io.pgstitch.cli.Launcher.Outcome;
import io.pgstitch.testkit.PostgresInstallation;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A real publisher and a real subscriber. */
class LogicalReplicationIT {
  @TempDir private Path dir;

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void experiment(int major) throws Exception {
    PostgresInstallation installation = PostgresInstallations.ofMajor(major);
    try (ThrowawayPostgres publisher =
            ThrowawayPostgres.builder(installation).setting("wal_level", "logical").start();
        ThrowawayPostgres subscriber = ThrowawayPostgres.builder(installation).start()) {
      String table = "create table t (a int primary key, b text)";
      publisher.client().sql(table);
      publisher.client().sql("insert into t select g, 'x' from generate_series(1, 100) g");
      publisher.client().sql("create publication p for table t");
      subscriber.client().sql(table);
      subscriber.client().sql("create table seen (a int)");
      subscriber
          .client()
          .sql(
              "create function see() returns trigger language plpgsql as $$ begin insert into seen values (new.a); return null; end $$");
      subscriber
          .client()
          .sql("create trigger see after insert on t for each row execute function see()");
      subscriber.client().sql("alter table t enable always trigger see");
      try (RunningUp up =
          RunningUp.start(
              dir,
              "--pid",
              publisher.postmasterPid() + "",
              "--pid",
              subscriber.postmasterPid() + "",
              "--background",
              "logical-replication")) {
        subscriber
            .client()
            .sql(
                "create subscription s connection 'host=localhost port="
                    + publisher.port()
                    + " user=postgres dbname=postgres' publication p");
        await(subscriber, "select count(*) = 0 from pg_subscription_rel where srsubstate <> 'r'");
        publisher.client().sql("insert into t select g, 'y' from generate_series(101, 107) g");
        publisher.client().sql("update t set b = 'z' where a <= 5");
        publisher.client().sql("delete from t where a = 6");
        await(subscriber, "select count(*) = 106 from t");
        publisher.client().sql("truncate t");
        await(subscriber, "select count(*) = 0 from t");
        publisher.client().sql("insert into t values (1, 'last')");
        await(subscriber, "select count(*) = 1 from t");
        Outcome outcome = up.stop();
        System.out.println(outcome.out());
      }
    }
    ExportedTraces traces = ExportedTraces.read(dir.resolve("out/spans.jsonl"));
    for (ExportedSpan root : traces.roots()) {
      String type = root.attributes().getOrDefault("pgstitch.backend.type", "");
      if (type.isEmpty()
          && root.attributes().getOrDefault("pgstitch.application_name", "").equals("psql"))
        continue;
      System.out.println(
          "M"
              + major
              + " ROOT "
              + root.name()
              + " | "
              + root.statement()
              + " | "
              + type
              + " "
              + root.durationNanos() / 1000
              + " "
              + root.attributes());
      for (ExportedSpan s : traces.traceOf(root))
        if (!s.isRoot())
          System.out.println(
              "      "
                  + s.kind()
                  + " "
                  + s.name()
                  + " "
                  + s.statement()
                  + " rows "
                  + s.attributes().get("pgstitch.rows"));
    }
  }

  private static void await(ThrowawayPostgres server, String condition) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!server.client().sql(condition).equals("t")) {
      if (System.nanoTime() > deadline) throw new AssertionError(condition);
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }
}
