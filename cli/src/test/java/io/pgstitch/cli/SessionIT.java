package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgstitch.cli.Launcher.Outcome;
import io.pgstitch.testkit.EmbeddedKafka;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code pgstitch session} from the outside, on real servers. */
class SessionIT {
  private static final String SLEEP = "select 1 from pg_sleep(0.02) /* %s */;";

  @TempDir private Path dir;

  private static ThrowawayPostgres server() {
    return ThrowawayPostgres.builder(PostgresInstallations.debian().get(0)).start();
  }

  /** Other pipelines of this host are none of this test's business. */
  private Launcher launcher() {
    return new Launcher(dir).with("PGSTITCH_RUN_DIR", dir.resolve("run").toString());
  }

  private RunningUp up(Launcher launcher, String out, ThrowawayPostgres server, String... more)
      throws Exception {
    List<String> arguments =
        new ArrayList<>(
            List.of("up", "--out", out, "--pid", String.valueOf(server.postmasterPid())));
    arguments.addAll(List.of(more));
    return RunningUp.command(launcher, dir, out, arguments).awaitReady();
  }

  private Outcome session(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("session"));
    all.addAll(List.of(arguments));
    return launcher().run(all.toArray(String[]::new));
  }

  private static void sleep(PsqlSession session, String name) throws Exception {
    assertThat(session.row(SLEEP.formatted(name))).isEqualTo("1");
  }

  private static String text(String name) {
    return SLEEP.formatted(name).replace(";", "");
  }

  private static long waits(ExportedTraces traces, String name) {
    return traces.trace(text(name)).stream().filter(ExportedSpan::isWait).count();
  }

  @Test
  void switchesOneSessionAndNoOther() throws Exception {
    try (ThrowawayPostgres server = server()) {
      server.client().sql("create role \"o\nk\" login superuser");
      server.client().sql("create database \"the shop\"");
      // One was there before the collector, and does nothing before it is listed.
      try (PsqlSession old = new PsqlSession(server, "the shop", "o\nk");
          RunningUp up = up(launcher(), "out", server, "--level", "1");
          PsqlSession one = new PsqlSession(server, "postgres", "postgres");
          PsqlSession other = new PsqlSession(server, "postgres", "postgres")) {
        sleep(one, "one before");
        one.row("set application_name = 'checkout'; select 1;");

        Outcome listed = session("list");
        assertThat(listed.err()).isEmpty();
        assertThat(listed.status()).isZero();
        List<String> lines = listed.out().lines().toList();
        assertThat(lines.get(0))
            .matches(
                "HOST +PID +PORT +USER +DATABASE +APPLICATION +LEVEL +DETAIL +FUNCTIONS +SINCE");
        assertThat(lines).hasSize(4);
        assertThat(line(lines, old))
            .matches(".* o\\\\u000ak +the shop +psql +1 +statements +no +20[0-9-]+T[0-9:]+Z");
        assertThat(line(lines, one))
            .matches(".* postgres +postgres +checkout +1 +statements +no .*");
        assertThat(line(lines, other)).matches(".* postgres +postgres +psql +1 +statements +no .*");

        Outcome on = session("on", "--pid", String.valueOf(one.pid()), "--level", "12");
        assertThat(on.err()).isEmpty();
        assertThat(on.status()).isZero();
        assertThat(on.out())
            .contains("session " + one.pid() + " on ")
            .contains("level 12 with phases from its next statement on; it was 1")
            .contains("trace: " + dir.toRealPath().resolve("out/traces"));
        sleep(one, "one during");
        sleep(other, "other during");
        JsonNode during = new ObjectMapper().readTree(session("list", "--json").out());
        assertThat(object(during, one).path("level").asInt()).isEqualTo(12);
        assertThat(object(during, one).path("detail").asText()).isEqualTo("phases");
        assertThat(object(during, other).path("level").asInt()).isEqualTo(1);
        assertThat(object(during, other).path("detail").asText()).isEqualTo("statements");
        assertThat(object(during, old).path("user").asText()).isEqualTo("o\nk");

        assertThat(session("off", "--pid", String.valueOf(one.pid())).out())
            .contains("level 0 from its next statement on; it was 12 with phases");
        assertThat(line(session("list").out().lines().toList(), one))
            .matches(".* checkout +0 +- +no .*");
        sleep(one, "one after");
        sleep(other, "other after");

        refuses(one.pid(), server);

        Outcome end = up.stop();
        assertThat(end.status()).as(end.err()).isZero();
        assertThat(end.err()).doesNotContain(" ERROR ");
        assertThat(traceFiles(on)).hasSize(1);
      }
      ExportedTraces traces = ExportedTraces.read(dir.resolve("out/spans.jsonl"));
      assertThat(waits(traces, "one before")).isZero();
      assertThat(waits(traces, "one during")).isPositive();
      assertThat(waits(traces, "other during")).isZero();
      assertThat(waits(traces, "other after")).isZero();
      assertThat(traces.count(root -> root.statement().equals(text("one after")))).isZero();
      assertThat(dir.resolve("run")).isEmptyDirectory();
      Outcome nobody = session("list");
      assertThat(nobody.err()).contains("no pipeline of this user runs on this host");
      assertThat(nobody.status()).isEqualTo(ExitStatus.ENVIRONMENT);
    }
  }

  private void refuses(int pid, ThrowawayPostgres server) throws Exception {
    Outcome noSession = session("on", "--pid", String.valueOf(server.postmasterPid()));
    assertThat(noSession.err())
        .contains("process " + server.postmasterPid() + " is no session")
        .contains("session list");
    assertThat(noSession.out()).isEmpty();
    assertThat(noSession.status()).isEqualTo(ExitStatus.ENVIRONMENT);

    Outcome noLevel = session("on", "--pid", String.valueOf(pid), "--level", "3");
    assertThat(noLevel.err()).contains("--level 3 does not exist").contains("8 (waits)");
    assertThat(noLevel.status()).isEqualTo(ExitStatus.USAGE);

    Outcome noAnswer = session("list", "--host", "nowhere", "--timeout", "1");
    assertThat(noAnswer.err()).contains("no collector of host nowhere answered within 1 s");
    assertThat(noAnswer.status()).isEqualTo(ExitStatus.ENVIRONMENT);

    Outcome noKafka = session("list", "--kafka", "127.0.0.1:1", "--timeout", "2");
    assertThat(noKafka.err()).contains("Kafka is not reachable at 127.0.0.1:1");
    assertThat(noKafka.status()).isEqualTo(ExitStatus.ENVIRONMENT);
  }

  private static String line(List<String> lines, PsqlSession session) {
    return lines.stream()
        .filter(line -> line.contains(" " + session.pid() + " "))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + session.pid() + " in " + lines));
  }

  private static JsonNode object(JsonNode listed, PsqlSession session) {
    for (JsonNode object : listed.path("sessions")) {
      if (object.path("pid").asInt() == session.pid()) {
        return object;
      }
    }
    throw new AssertionError("no " + session.pid() + " in " + listed);
  }

  /** Files that the pattern in what {@code on} said stands for. */
  private static List<Path> traceFiles(Outcome on) throws Exception {
    Path pattern = Path.of(on.out().lines().toList().get(1).substring("trace: ".length()));
    String begin = pattern.getFileName().toString().replaceFirst("\\*\\.trc$", "");
    try (Stream<Path> files = Files.list(pattern.getParent())) {
      return files.filter(file -> file.getFileName().toString().startsWith(begin)).toList();
    }
  }

  @Test
  void findsAnotherHostOfTheFleetAndAsksWhichPipelineIsMeant() throws Exception {
    try (EmbeddedKafka kafka = EmbeddedKafka.start(dir.resolve("kafka"));
        ThrowawayPostgres server = server();
        PsqlSession psql = new PsqlSession(server, "postgres", "postgres");
        RunningUp far =
            up(
                launcher().onHost("far-away"),
                "far",
                server,
                "--level",
                "1",
                "--kafka",
                kafka.bootstrapServers());
        RunningUp near = up(launcher(), "near", server, "--level", "1")) {
      Outcome which = session("list");
      assertThat(which.err())
          .contains("several pipelines run on this host")
          .contains("pid " + far.pid())
          .contains("pid " + near.pid())
          .contains("--kafka ");
      assertThat(which.status()).isEqualTo(ExitStatus.USAGE);
      assertThat(Files.getPosixFilePermissions(run(near)))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));

      String brokers = kafka.bootstrapServers();
      Outcome all = session("list", "--all-hosts", "--kafka", brokers, "--timeout", "3");
      assertThat(all.out()).contains("far-away ");
      assertThat(all.status()).isZero();
      String pid = String.valueOf(psql.pid());
      Outcome on = session("on", "--pid", pid, "--host", "far-away", "--kafka", brokers);
      assertThat(on.out()).contains("session " + pid + " on far-away").contains("level 12 ");
      assertThat(on.status()).as(on.err()).isZero();

      far.kill();
      Outcome left = session("list");
      assertThat(left.out()).as(left.err()).contains(pid);
      near.kill();
      assertThat(session("list").err())
          .contains("no pipeline of this user runs on this host; ended without saying so: up (pid");
    }
  }

  private Path run(RunningUp up) {
    return dir.resolve("run").resolve(up.pid() + ".properties");
  }
}
