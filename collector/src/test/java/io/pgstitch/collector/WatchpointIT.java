package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.Wait;
import io.pgstitch.testkit.PostgresInstallation;
import io.pgstitch.testkit.PostgresInstallations;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The two ways to measure waits, on the same workload: the exact one checks the other. */
final class WatchpointIT {
  /** A trap at each end of a wait takes about 4 us, up to this much on a busy machine. */
  private static final long TRAPS_NANOS = 30_000;

  private static final String BIG =
      "create table big as select g, repeat('x', 800) as filler from generate_series(1, 20000) g";

  @TempDir Path dir;

  private record Total(long count, long nanos) {
    Total plus(Wait wait) {
      return new Total(count + 1, nanos + wait.getDurationNs());
    }
  }

  private TracedServer traced(String mode, int major) {
    PostgresInstallation installation = PostgresInstallations.ofMajor(major);
    TracedServer traced =
        new TracedServer(
            dir.resolve(mode),
            installation,
            b ->
                (major >= 18 ? b.setting("io_method", "sync") : b)
                    .setting("shared_buffers", "1MB")
                    .setting("autovacuum", "off"));
    traced.set("waits", mode);
    return traced;
  }

  /** Waits of one session by event. */
  private Map<String, Total> run(String mode, int major) throws InterruptedException {
    try (TracedServer traced = traced(mode, major)) {
      traced.server().client().sql(BIG);
      traced.server().client().sql("alter table big set (parallel_workers = 0)");
      traced.server().client().sql("vacuum big");
      traced.server().client().sql("checkpoint");
      traced.collect();
      long pid;
      try (PsqlSession holder = new PsqlSession(traced.server());
          PsqlSession session = new PsqlSession(traced.server())) {
        pid = session.pid();
        session.ask("select count(filler) from big");
        // The watchpoint is set some milliseconds after the first event.
        TimeUnit.MILLISECONDS.sleep(100);
        session.ask("select 'begin'");
        session.ask("select count(filler) from big");
        session.ask("select pg_sleep(0.3)");
        holder.ask("begin; select pg_advisory_xact_lock(77)");
        session.send("select pg_advisory_lock(77)");
        TimeUnit.MILLISECONDS.sleep(1500);
        holder.ask("commit");
        session.ask("select 'locked'");
        TimeUnit.MILLISECONDS.sleep(500);
        session.ask("select 'end'");
      }
      Map<String, Total> totals = new TreeMap<>();
      boolean counting = false;
      for (RawEventBatch batch : traced.batches()) {
        if (batch.getBackend().getPid() != pid) {
          continue;
        }
        for (Object event : batch.getEvents()) {
          if (event instanceof io.pgstitch.schema.Activity a && a.getText() != 0) {
            String text = batch.getStrings().get(a.getText());
            counting = counting ? !text.contains("'end'") : text.contains("'begin'");
          }
          if (counting && event instanceof Wait w) {
            String name = batch.getStrings().get(w.getEvent());
            totals.merge(name, new Total(1, w.getDurationNs()), (old, one) -> old.plus(w));
          }
        }
      }
      return totals;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {13, 15, 18})
  void bothWaysSeeTheSameWaits(int major) throws InterruptedException {
    Map<String, Total> calls = run("syscalls", major);
    Map<String, Total> words = run("watchpoint", major);
    for (String event : List.of("DataFileRead", "PgSleep", "advisory")) {
      Total call = calls.get(event);
      Total word = words.get(event);
      assertThat(word).as("%s: %s, %s", event, calls, words).isNotNull();
      assertThat(word.count()).as("%s: %s, %s", event, calls, words).isEqualTo(call.count());
    }
    assertThat(calls.get("DataFileRead").count()).isGreaterThan(1000);
    for (String event : List.of("PgSleep")) {
      double ratio = (double) words.get(event).nanos() / calls.get(event).nanos();
      assertThat(ratio).as("%s: %s, %s", event, calls, words).isBetween(0.98, 1.02);
    }
    Total reads = words.get("DataFileRead");
    long difference = reads.nanos() - calls.get("DataFileRead").nanos();
    assertThat(Math.abs(difference))
        .as("%s, %s", calls, words)
        .isLessThan(calls.get("DataFileRead").nanos() / 50 + reads.count() * TRAPS_NANOS);
    System.out.println(major + " syscalls " + calls);
    System.out.println(major + " watchpoint " + words);
  }
}
