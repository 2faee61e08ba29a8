package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgstitch.cli.Launcher.Outcome;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code pgstitch top} from the outside, on a real server. */
class TopIT {
  private static final long PATIENCE_SECONDS = 60;

  @TempDir private Path dir;

  private Launcher launcher() {
    return new Launcher(dir).with("PGSTITCH_RUN_DIR", dir.resolve("run").toString());
  }

  private JsonNode queries() throws Exception {
    Outcome outcome = launcher().run("top", "--once", "--json");
    assertThat(outcome.status()).as(outcome.err()).isZero();
    return new ObjectMapper().readTree(outcome.out()).path("queries");
  }

  private JsonNode awaitQueries(Predicate<JsonNode> wanted) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    JsonNode last = queries();
    while (!wanted.test(last)) {
      assertThat(System.nanoTime()).as("in time; last:\n" + last).isLessThan(deadline);
      last = queries();
    }
    return last;
  }

  /** What runs in a session, a missing node for nothing. */
  private static JsonNode of(JsonNode queries, int pid) {
    for (JsonNode query : queries) {
      if (query.path("pid").asInt() == pid) {
        return query;
      }
    }
    return queries.path("none");
  }

  private static boolean waits(JsonNode query) {
    return query.path("wait").isObject();
  }

  /** Seconds since the running statement of another session began, by the server. */
  private static double age(PsqlSession asking, int pid) throws Exception {
    return Double.parseDouble(
        asking.row(
            "select extract(epoch from clock_timestamp() - query_start) from pg_stat_activity where pid = "
                + pid
                + ";"));
  }

  @Test
  void runningStatementsAreShownWithTheirWaitsUntilTheyEnd() throws Exception {
    try (ThrowawayPostgres server =
        ThrowawayPostgres.builder(PostgresInstallations.debian().get(0)).start()) {
      server.client().sql("create table t as select 1 as a");
      List<String> arguments =
          List.of("up", "--out", "out", "--pid", String.valueOf(server.postmasterPid()));
      try (RunningUp up = RunningUp.command(launcher(), dir, "up", arguments).awaitReady();
          PsqlSession holder = new PsqlSession(server, "postgres", "postgres");
          PsqlSession waiter = new PsqlSession(server, "postgres", "postgres");
          PsqlSession sleeper = new PsqlSession(server, "postgres", "postgres");
          PsqlSession asking = new PsqlSession(server, "postgres", "postgres")) {
        assertThat(holder.row("begin; update t set a = 2 returning a;")).isEqualTo("2");
        waiter.send("update t set a = 3 returning a;");
        sleeper.send("select 'slept' from pg_sleep(60);");

        double sleptBefore = age(asking, sleeper.pid());
        JsonNode shown =
            awaitQueries(now -> waits(of(now, waiter.pid())) && waits(of(now, sleeper.pid())));
        double sleptAfter = age(asking, sleeper.pid());

        JsonNode locked = of(shown, waiter.pid());
        assertThat(locked.at("/wait/class").asText()).isEqualTo("Lock");
        assertThat(locked.at("/wait/event").asText()).isEqualTo("transactionid");
        assertThat(locked.at("/wait/holders").get(0).asInt()).isEqualTo(holder.pid());
        assertThat(locked.at("/wait/seconds").asDouble())
            .isGreaterThan(1)
            .isLessThan(locked.path("age_seconds").asDouble() + 0.001);
        assertThat(locked.path("text").asText()).isEqualTo("update t set a = 3 returning a");
        assertThat(locked.path("call").asText()).isEqualTo("EXEC");
        JsonNode asleep = of(shown, sleeper.pid());
        assertThat(asleep.at("/wait/class").asText()).isEqualTo("Timeout");
        assertThat(asleep.at("/wait/event").asText()).isEqualTo("PgSleep");
        assertThat(asleep.path("age_seconds").asDouble())
            .isBetween(sleptBefore - 0.1, sleptAfter + 0.1);
        assertThat(asleep.path("database").asText()).isEqualTo("postgres");
        assertThat(asleep.path("application").asText()).isEqualTo("psql");
        assertThat(asleep.path("level").asInt()).isEqualTo(8);
        assertThat(asleep.path("complete").asBoolean()).isTrue();
        // One that is idle in its transaction runs nothing.
        assertThat(of(shown, holder.pid()).isMissingNode()).isTrue();

        Outcome table = launcher().run("top", "--once", "--sort", "wait", "--limit", "2");
        assertThat(table.out().lines().toList())
            .hasSize(3)
            .anyMatch(line -> line.contains(" Lock:transactionid "));

        assertThat(asking.row("select pg_cancel_backend(" + sleeper.pid() + ");")).isEqualTo("t");
        holder.send("rollback;");
        assertThat(waiter.read()).isEqualTo("3");
        awaitQueries(
            now -> of(now, waiter.pid()).isMissingNode() && of(now, sleeper.pid()).isMissingNode());
        Outcome end = up.stop();
        assertThat(end.status()).as(end.err()).isZero();
      }
    }
    Outcome nobody = launcher().run("top", "--once");
    assertThat(nobody.status()).isEqualTo(3);
    assertThat(nobody.err()).contains("no pipeline of this user runs on this host");
  }
}
