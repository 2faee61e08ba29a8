package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.cli.Launcher.Outcome;
import io.pgstitch.testkit.EmbeddedKafka;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kafka is away while statements run: each is traced once and whole all the same. */
class BrokerOutageIT {
  private static final int SECONDS_BEFORE = 3;
  private static final int SECONDS_AFTER = 4;

  @TempDir private Path dir;

  @Test
  void eightSecondsWithoutKafkaCostNothing() throws Exception {
    outage(8, "-R", "200");
  }

  @Test
  @Tag("soak")
  void aMinuteWithoutKafkaCostsNothing() throws Exception {
    outage(60, "-R", "1000");
  }

  private void outage(int seconds, String... load) throws Exception {
    EmbeddedKafka kafka = EmbeddedKafka.start(dir.resolve("kafka"));
    int port = Integer.parseInt(kafka.bootstrapServers().split(":", -1)[1]);
    try (ThrowawayPostgres server =
        ThrowawayPostgres.builder(PostgresInstallations.ofMajor(15))
            .preload("pg_stat_statements")
            .start()) {
      server.client().sql("create extension pg_stat_statements");
      server.client().pgbench("-i", "-q", "postgres");
      long counted;
      Outcome outcome;
      try (RunningUp up =
          RunningUp.start(
              dir,
              "--kafka",
              kafka.bootstrapServers(),
              "--pid",
              String.valueOf(server.postmasterPid()))) {
        server.client().sql("select pg_stat_statements_reset()");
        String duration = String.valueOf(SECONDS_BEFORE + seconds + SECONDS_AFTER);
        Process pgbench =
            server
                .client()
                .startPgbench("-n", "-c", "8", "-T", duration, load[0], load[1], "postgres");
        TimeUnit.SECONDS.sleep(SECONDS_BEFORE);
        kafka.close();
        TimeUnit.SECONDS.sleep(seconds);
        up.awaitError("Kafka takes no events");
        kafka = EmbeddedKafka.start(dir.resolve("kafka"), port);
        assertThat(pgbench.waitFor()).isZero();
        up.awaitError("Kafka takes events again");
        counted =
            Long.parseLong(
                server
                    .client()
                    .sql(
                        "select sum(calls) from pg_stat_statements"
                            + " where query not like '%pg_stat_statements%'"));
        outcome = up.stop();
      }
      assertThat(outcome.status()).as(outcome.out() + outcome.err()).isZero();
      ExportedTraces traces = ExportedTraces.read(dir.resolve("out/spans.jsonl"));
      assertThat(traces.executed("pgbench")).isEqualTo(counted);
      assertThat(traces.doubled()).isEmpty();
      assertThat(traces.incomplete()).isEmpty();
      TraceFiles.validate(dir.resolve("out/traces"));
    } finally {
      kafka.close();
    }
  }
}
