package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.collector.spool.SpoolStatus;
import io.pgstitch.testkit.PostgresInstallations;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A collector whose broker goes away, on a real server, a real broker and real disks. */
final class SpoolIT {
  /** Longer than the collector waits before it doubts. */
  private static final long IN_THE_OUTAGE_MILLIS = 3_500;

  @TempDir Path dir;

  private TracedServer traced() {
    TracedServer traced =
        new TracedServer(
            dir, PostgresInstallations.ofMajor(15), b -> b.preload("pg_stat_statements"));
    traced.server().client().sql("create extension pg_stat_statements");
    traced.server().client().pgbench("-i", "-q", "postgres");
    traced.set("pids", String.valueOf(traced.server().postmasterPid()));
    return traced;
  }

  @Test
  @Tag("soak")
  void aMinuteWithoutKafkaUnderFullLoadCostsNothing() throws Exception {
    try (TracedServer traced = traced()) {
      Collector collector = traced.collect();
      traced.server().client().sql("select pg_stat_statements_reset()");
      Process pgbench =
          traced.server().client().startPgbench("-n", "-c", "8", "-T", "75", "postgres");
      TimeUnit.SECONDS.sleep(5);
      traced.stopKafka();
      TimeUnit.SECONDS.sleep(60);
      SpoolStatus away = collector.status().spool();
      assertThat(away.batches()).isPositive();
      assertThat(System.currentTimeMillis() - away.oldestUtcMillis()).isBetween(50_000L, 90_000L);
      traced.startKafka();
      assertThat(pgbench.waitFor()).isZero();
      await(collector, () -> collector.status().spool().batches() == 0);
      long counted =
          Long.parseLong(
              traced
                  .server()
                  .client()
                  .sql(
                      "select sum(calls) from pg_stat_statements"
                          + " where query not like '%pg_stat_statements%'"));
      collector.close();
      CollectorStatus last = collector.status();
      assertThat(last.isWhole()).as(last.toString()).isTrue();
      SequenceCheck check = read(traced);
      assertThat(check.wrong()).isEmpty();
      assertThat(check.repeats()).isZero();
      assertThat(check.missing()).isEqualTo(0);
      assertThat(check.messages("pgbench")).isEqualTo(counted);
    }
  }

  @Test
  void aKilledCollectorLeavesWhatReachedTheSpoolToTheNext() throws Exception {
    try (TracedServer traced = traced()) {
      Path config = dir.resolve("collector.properties");
      try (Writer out = Files.newBufferedWriter(config)) {
        traced.settings().store(out, null);
      }
      Process first = collectorProcess(config);
      Process pgbench =
          traced
              .server()
              .client()
              .startPgbench("-n", "-c", "4", "-R", "100", "-T", "60", "postgres");
      try {
        traced.server().client().sql("select 'marker before'");
        TimeUnit.SECONDS.sleep(1);
        traced.stopKafka();
        TimeUnit.MILLISECONDS.sleep(IN_THE_OUTAGE_MILLIS);
        traced.server().client().sql("select 'marker in the spool'");
        TimeUnit.SECONDS.sleep(2);
        first.destroyForcibly().waitFor();
        traced.server().client().sql("select 'marker while nobody looks'");
        assertThat(bytesOf(dir.resolve("spool"))).isPositive();
        traced.startKafka();
        Process second = collectorProcess(config);
        try {
          traced.server().client().sql("select 'marker after'");
          pgbench.destroy();
          pgbench.waitFor();
        } finally {
          second.destroy();
          assertThat(second.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }
      } finally {
        first.destroyForcibly();
        pgbench.destroyForcibly();
      }
      SequenceCheck check = read(traced);
      assertThat(check.wrong()).isEmpty();
      assertThat(check.missing()).isZero();
      assertThat(check.messages("select 'marker before'")).isEqualTo(1);
      assertThat(check.messages("select 'marker in the spool'")).isEqualTo(1);
      assertThat(check.messages("select 'marker while nobody looks'")).isZero();
      assertThat(check.messages("select 'marker after'")).isEqualTo(1);
      assertThat(bytesOf(dir.resolve("spool"))).isZero();
    }
  }

  @Test
  @Tag("soak")
  void aFullDiskCostsWhatIsCountedAndMarkedAndTheCollectorGoesOn() throws Exception {
    Path disk = Files.createDirectory(dir.resolve("disk"));
    run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.toString());
    try (TracedServer traced = traced()) {
      traced.set("spool.directory", disk.resolve("spool").toString());
      traced.set("flush.ms", "20");
      Collector collector = traced.collect();
      Process pgbench =
          traced
              .server()
              .client()
              .startPgbench(
                  "-n", "-c", "4", "-T", "120", "-f", longStatement().toString(), "postgres");
      try {
        TimeUnit.SECONDS.sleep(1);
        traced.stopKafka();
        await(collector, () -> collector.status().spool().droppedDisk() > 200);
        assertThat(collector.failure()).isNull();
        long before = collector.status().acknowledged();
        traced.startKafka();
        await(collector, () -> collector.status().acknowledged() > before);
      } finally {
        pgbench.destroy();
        pgbench.waitFor();
      }
      await(collector, () -> collector.status().spool().batches() == 0);
      traced.server().client().sql("select 'marker after'");
      TimeUnit.SECONDS.sleep(1);
      collector.close();
      assertThat(collector.failure()).isNull();
      SpoolStatus spool = collector.status().spool();
      assertThat(collector.status().isWhole()).isFalse();
      assertThat(spool.droppedFull()).isZero();
      SequenceCheck check = read(traced);
      assertThat(check.wrong()).isEmpty();
      assertThat(check.repeats()).isZero();
      // A process that ended meanwhile, of autovacuum say, has no batch that could tell.
      assertThat(check.dropped()).isPositive().isLessThanOrEqualTo(spool.droppedEvents());
      assertThat(check.missing() - check.dropped()).isLessThanOrEqualTo(collector.status().lost());
      assertThat(check.messages("select 'marker after'")).isEqualTo(1);
    } finally {
      run("umount", disk.toString());
    }
  }

  /** A text that fills batches, and does not get much smaller. */
  private Path longStatement() throws IOException {
    StringBuilder text = new StringBuilder("select length('");
    Random random = new Random(1);
    for (int i = 0; i < 100_000; i++) {
      text.append((char) ('a' + random.nextInt(26)));
    }
    return Files.writeString(dir.resolve("long.sql"), text.append("');\n"));
  }

  private SequenceCheck read(TracedServer traced) {
    SequenceCheck check = new SequenceCheck(traced.server().dataDir().toString());
    RawEvents.forEach(traced.brokers(), check::accept);
    return check;
  }

  private Process collectorProcess(Path config) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                CollectorMain.class.getName(),
                config.toString())
            .redirectError(dir.resolve("collector.err").toFile())
            .start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String line;
    do {
      line = out.readLine();
    } while (line != null && !line.equals("ready"));
    assertThat(line).as(Files.readString(dir.resolve("collector.err"))).isEqualTo("ready");
    return process;
  }

  private static void await(Collector collector, BooleanSupplier condition)
      throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("waited too long: " + collector.status());
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private static long bytesOf(Path directory) throws IOException {
    long bytes = 0;
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".spool")).toList()) {
        bytes += Files.size(file);
      }
    }
    return bytes;
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(List.of(command) + ": " + said).isZero();
  }
}
