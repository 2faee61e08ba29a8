package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.Wait;
import io.pgstitch.testkit.PostgresInstallations;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Waits for lightweight locks are those that pg_stat_activity shows, for as long as they last. */
final class LwLockWaitsIT {
  private static final long FROZEN_MS = 400;

  @TempDir Path dir;

  /** Its tranche's number is given out when the server starts; a reader of it holds the lock. */
  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void theLockOfALibraryIsNamedAndItsWaitMeasured(int major) throws Exception {
    try (TracedServer traced =
        new TracedServer(
            dir,
            PostgresInstallations.ofMajor(major),
            b -> b.preload("pg_stat_statements").setting("pg_stat_statements.max", "20000"))) {
      traced.server().client().sql("create extension pg_stat_statements");
      traced.server().client().sql(manyStatements());
      traced.collect();
      long pid;
      long frozen;
      String shown;
      try (PsqlSession reader = new PsqlSession(traced.server());
          PsqlSession writer = new PsqlSession(traced.server());
          PsqlSession watcher = new PsqlSession(traced.server())) {
        pid = writer.pid();
        // It must not want the lock itself.
        watcher.run("set pg_stat_statements.track = 'none'");
        reader.send("do $$ begin loop perform count(*) from pg_stat_statements; end loop; end $$");
        frozen = freezeWhileItBlocks(reader, writer, watcher);
        shown = waitOf(watcher, pid);
        TimeUnit.MILLISECONDS.sleep(FROZEN_MS);
        signal("CONT", reader.pid());
        frozen = System.nanoTime() - frozen;
        writer.run("select 'done'");
        watcher.ask("select pg_terminate_backend(" + reader.pid() + ")");
      }
      assertThat(shown).isEqualTo("LWLock:pg_stat_statements");
      List<Long> waits = waits(traced.batches(), pid);
      long longest = waits.stream().mapToLong(Long::longValue).max().orElse(0);
      assertThat(longest)
          .isBetween(TimeUnit.MILLISECONDS.toNanos(FROZEN_MS), frozen + 1_000_000_000L);
    }
  }

  private static String manyStatements() {
    return """
        do $$ begin
          for i in 1..6000 loop
            execute 'select ' || i || ' as "a' || i || '"';
          end loop;
        end $$""";
  }

  /** Stops the reader at random until it is stopped with the lock in its hands. */
  private static long freezeWhileItBlocks(
      PsqlSession reader, PsqlSession writer, PsqlSession watcher) throws Exception {
    for (int i = 0; i < 200; i++) {
      TimeUnit.MILLISECONDS.sleep(3 + i % 7);
      long stopped = System.nanoTime();
      signal("STOP", reader.pid());
      writer.send("select pg_stat_statements_reset(0, 0, 1)");
      for (int look = 0; look < 10; look++) {
        if (waitOf(watcher, writer.pid()).startsWith("LWLock")) {
          return stopped;
        }
      }
      signal("CONT", reader.pid());
      writer.run("select 1");
    }
    throw new AssertionError("the reader never held the lock");
  }

  private static String waitOf(PsqlSession watcher, long pid) {
    return watcher.ask(
        "select wait_event_type || ':' || wait_event from pg_stat_activity where pid = " + pid);
  }

  private static void signal(String name, long pid) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder("kill", "-" + name, String.valueOf(pid)).start().waitFor())
        .isZero();
  }

  private static List<Long> waits(List<RawEventBatch> batches, long pid) {
    return batches.stream()
        .filter(b -> b.getBackend().getPid() == pid)
        .flatMap(
            b ->
                b.getEvents().stream()
                    .filter(Wait.class::isInstance)
                    .map(Wait.class::cast)
                    .filter(w -> b.getStrings().get(w.getEventClass()).equals("LWLock"))
                    .filter(w -> b.getStrings().get(w.getEvent()).equals("pg_stat_statements"))
                    .map(Wait::getDurationNs))
        .toList();
  }
}
