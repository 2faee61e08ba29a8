package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Topics;
import io.pgstitch.testkit.ApicurioRegistry;
import io.pgstitch.testkit.EmbeddedKafka;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Collector, processor and exporter as processes of their own, with a real broker and a real schema
 * registry: the processor is killed in the middle, and nothing is lost or doubled.
 */
class FleetRolesIT {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @TempDir private Path dir;

  @Test
  void aKilledProcessorLosesAndDoublesNothing() throws Exception {
    try (EmbeddedKafka kafka = EmbeddedKafka.start(dir.resolve("kafka"));
        ApicurioRegistry registry = ApicurioRegistry.start();
        ThrowawayPostgres server =
            ThrowawayPostgres.builder(PostgresInstallations.ofMajor(15))
                .preload("pg_stat_statements")
                .start()) {
      server.client().sql("create extension pg_stat_statements");
      server.client().pgbench("-i", "-q", "-s", "8", "postgres");
      String common =
          "kafka.bootstrap.servers="
              + kafka.bootstrapServers()
              + "\nschema.registry.url="
              + registry.url()
              + "\n";
      write(
          "collector",
          common
              + "pids="
              + server.postmasterPid()
              + "\nspool.directory="
              + dir.resolve("spool")
              + "\n");
      write("processor", common + "state.dir=" + dir.resolve("state") + "\n");
      write(
          "exporter",
          common
              + "sinks=file,jsonl\nsink.file.directory="
              + dir.resolve("traces")
              + "\nsink.jsonl.directory="
              + dir
              + "\n");
      long counted;
      try (RunningUp collector = role("collector").awaitReady();
          RunningUp exporter = role("exporter");
          RunningUp first = role("processor")) {
        server.client().sql("select pg_stat_statements_reset()");
        Process pgbench =
            server.client().startPgbench("-n", "-M", "simple", "-c", "8", "-t", "2000", "postgres");
        TimeUnit.SECONDS.sleep(6);
        assertThat(pgbench.isAlive()).as("pgbench is still running when it is killed").isTrue();
        first.kill();
        TimeUnit.SECONDS.sleep(2);
        try (RunningUp second = role("processor")) {
          assertThat(pgbench.waitFor()).isZero();
          counted =
              Long.parseLong(
                  server
                      .client()
                      .sql(
                          "select sum(calls) from pg_stat_statements"
                              + " where query not like '%pg_stat_statements%'")
                      .trim());
          assertThat(collector.stop().status()).isZero();
          awaitDelivery(kafka.bootstrapServers());
          assertThat(second.stop().status()).isZero();
        }
        assertThat(exporter.stop().status()).isZero();
      }
      ExportedTraces traces = ExportedTraces.read(dir.resolve("spans.jsonl"));
      assertThat(traces.executed("pgbench")).isEqualTo(counted);
      assertThat(traces.doubled()).isEmpty();
      assertThat(traces.incomplete()).isEmpty();
      TraceFiles.validate(dir.resolve("traces"));

      assertThat(kcatCount(kafka.bootstrapServers(), Topics.QUERY_TRACES))
          .isGreaterThanOrEqualTo(counted);
      assertThat(kcatCount(kafka.bootstrapServers(), Topics.RAW_EVENTS)).isPositive();
      assertThat(subjects(registry.url()))
          .contains(
              Topics.RAW_EVENTS + "-value",
              Topics.QUERY_TRACES + "-value",
              Topics.TRACE_RECORDS + "-value");
    }
  }

  private void write(String role, String settings) throws Exception {
    Files.writeString(dir.resolve(role + ".properties"), settings);
  }

  private RunningUp role(String role) throws Exception {
    return RunningUp.command(
        dir, role + "-" + System.nanoTime(), List.of(role, "--config", role + ".properties"));
  }

  private static void awaitDelivery(String bootstrapServers) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
      DeliveryBarrier barrier = new DeliveryBarrier(admin, PATIENCE);
      barrier.awaitConsumed(Topics.RAW_EVENTS, "pgstitch-processor");
      barrier.awaitConsumed(Topics.TRACE_RECORDS, "pgstitch-exporter-file");
      barrier.awaitConsumed(Topics.QUERY_TRACES, "pgstitch-exporter-jsonl");
    }
  }

  /** How many committed records a client that is not ours finds in a topic. */
  private static long kcatCount(String bootstrapServers, String topic) throws Exception {
    Process kcat =
        new ProcessBuilder(
                "kcat",
                "-C",
                "-q",
                "-e",
                "-b",
                bootstrapServers,
                "-t",
                topic,
                "-o",
                "beginning",
                "-X",
                "isolation.level=read_committed",
                "-f",
                "%o\n")
            .redirectErrorStream(true)
            .start();
    String out = new String(kcat.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(kcat.waitFor()).as(out.substring(0, Math.min(500, out.length()))).isZero();
    return out.lines().filter(line -> !line.isBlank()).count();
  }

  private static String subjects(String registry) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create(registry + "/subjects")).build(),
            BodyHandlers.ofString())
        .body();
  }
}
