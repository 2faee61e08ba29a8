package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.cli.Launcher.Outcome;
import io.pgstitch.schema.Topics;
import io.pgstitch.testkit.EmbeddedKafka;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code up --kafka} on a cluster that is not its own. */
class SharedKafkaIT {
  @TempDir private Path dir;

  @Test
  void aRecordThatIsNotOursGoesToTheDeadLettersAndTheRestGoesOn() throws Exception {
    try (EmbeddedKafka kafka = EmbeddedKafka.start(dir.resolve("kafka"));
        ThrowawayPostgres server = server();
        RunningUp up = up("db1", kafka, server)) {
      kcat(
          "printf 'not ours' | kcat -P -b "
              + kafka.bootstrapServers()
              + " -t "
              + Topics.RAW_EVENTS);
      server.client().sql("select 'after the stranger'");

      Outcome outcome = up.stop();

      assertThat(outcome.status()).as(outcome.err()).isZero();
      assertThat(outcome.out()).contains("dead letters: 1 ").contains(Topics.DEAD_LETTERS);
      assertThat(exported("db1").trace("select 'after the stranger'")).isNotEmpty();
      TraceFiles.validate(dir.resolve("db1/traces"));
      assertThat(
              kcat(
                  "kcat -C -q -e -o beginning -f '%s|%h\\n' -b "
                      + kafka.bootstrapServers()
                      + " -t "
                      + Topics.DEAD_LETTERS))
          .startsWith("not ours|")
          .contains("errors.topic=" + Topics.RAW_EVENTS)
          .containsPattern("errors.message=\\S+");
    }
  }

  @Test
  void eachHostExportsWhatItCollected() throws Exception {
    try (EmbeddedKafka kafka = EmbeddedKafka.start(dir.resolve("kafka"));
        ThrowawayPostgres one = server();
        ThrowawayPostgres two = server();
        RunningUp first = up("db1", kafka, one);
        RunningUp second = up("db2", kafka, two)) {
      for (int i = 0; i < 20; i++) {
        one.client().sql("select 'one'");
        two.client().sql("select 'two'");
      }

      assertThat(first.stop().status()).isZero();
      two.client().sql("select 'two'");
      assertThat(second.stop().status()).isZero();

      assertThat(statements("db1")).hasSize(20).containsOnly("select 'one'");
      assertThat(statements("db2")).hasSize(21).containsOnly("select 'two'");
      TraceFiles.validate(dir.resolve("db1/traces"));
      TraceFiles.validate(dir.resolve("db2/traces"));
    }
  }

  private static ThrowawayPostgres server() {
    return ThrowawayPostgres.builder(PostgresInstallations.debian().get(0)).start();
  }

  private RunningUp up(String host, EmbeddedKafka kafka, ThrowawayPostgres server)
      throws Exception {
    return RunningUp.command(
            new Launcher(dir).onHost(host),
            dir,
            host,
            List.of(
                "up",
                "--out",
                host,
                "--kafka",
                kafka.bootstrapServers(),
                "--pid",
                String.valueOf(server.postmasterPid())))
        .awaitReady();
  }

  private ExportedTraces exported(String host) throws Exception {
    return ExportedTraces.read(dir.resolve(host).resolve("spans.jsonl"));
  }

  private List<String> statements(String host) throws Exception {
    List<String> statements = new ArrayList<>();
    new SpanFile(dir.resolve(host).resolve("spans.jsonl"))
        .forEach(
            span -> {
              if (span.parentSpanId().isEmpty()) {
                statements.add(span.statement());
              }
            });
    return statements;
  }

  /** Runs a client that is not ours. */
  private static String kcat(String command) throws Exception {
    Process process = new ProcessBuilder("sh", "-c", command).redirectErrorStream(true).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(out).isZero();
    return out;
  }
}
