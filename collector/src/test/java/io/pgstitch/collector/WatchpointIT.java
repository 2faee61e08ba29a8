package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgstitch.collector.host.VirtualMachine;
import io.pgstitch.schema.Activity;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.Wait;
import io.pgstitch.testkit.EmbeddedKafka;
import io.pgstitch.testkit.PostgresInstallation;
import io.pgstitch.testkit.PostgresInstallations;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The two ways to measure waits, on the same workload: the exact one checks the other. */
@Tag("alone")
final class WatchpointIT {
  /** The trap at each end of a wait takes some microseconds, more on a busy machine. */
  private static final long TRAPS_NANOS = 100_000;

  private static final String SYNC = "DataFileImmediateSync";
  private static final int SYNCS = 10;

  private static final String BIG =
      "create table big as select g, repeat('x', 800) as filler from generate_series(1, 20000) g";

  @TempDir Path dir;

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

  /** Lengths of the waits of one session by event, ascending. */
  private Map<String, List<Long>> run(String mode, int major) throws InterruptedException {
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
        holder.ask("begin; select pg_advisory_xact_lock(77)");
        for (String sql :
            List.of(
                "set lock_timeout = '2s'",
                "select 'begin'",
                "select count(filler) from big",
                "select pg_sleep(2)",
                "select pg_advisory_lock(77)",
                "select 'end'")) {
          // The watchpoint is set some milliseconds after the first event; and the server must wait
          // for each of these messages.
          TimeUnit.MILLISECONDS.sleep(200);
          session.ask(sql);
        }
      }
      return waits(traced.batches(), pid);
    }
  }

  private static Map<String, List<Long>> waits(List<RawEventBatch> batches, long pid) {
    Map<String, List<Long>> waits = new TreeMap<>();
    boolean counting = false;
    for (RawEventBatch batch : batches) {
      if (batch.getBackend().getPid() != pid) {
        continue;
      }
      for (Object event : batch.getEvents()) {
        if (event instanceof Activity a && a.getText() != 0) {
          String text = batch.getStrings().get(a.getText());
          counting = counting ? !text.contains("'end'") : text.contains("'begin'");
        }
        if (counting && event instanceof Wait w) {
          waits
              .computeIfAbsent(batch.getStrings().get(w.getEvent()), e -> new ArrayList<>())
              .add(w.getDurationNs());
        }
      }
    }
    waits.values().forEach(Collections::sort);
    return waits;
  }

  private static long total(List<Long> lengths) {
    return lengths.stream().mapToLong(Long::longValue).sum();
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void bothWaysSeeTheSameWaits(int major) throws InterruptedException {
    Map<String, List<Long>> calls = run("syscalls", major);
    Map<String, List<Long>> words = run("watchpoint-in-vm", major);
    for (String event : List.of("DataFileRead", "ClientRead", "PgSleep", "advisory")) {
      assertThat(words).containsKey(event);
      assertThat(words.get(event)).as(event).hasSameSizeAs(calls.get(event));
    }
    for (String event : List.of("PgSleep", "advisory")) {
      assertThat((double) total(words.get(event)) / total(calls.get(event)))
          .as("%s: %s, %s", event, calls.get(event), words.get(event))
          .isBetween(0.98, 1.02);
    }
    int reads = calls.get("DataFileRead").size();
    assertThat(reads).isGreaterThan(1000);
    long call = calls.get("DataFileRead").get(reads / 2);
    long word = words.get("DataFileRead").get(reads / 2);
    assertThat(word).isBetween(call, call + TRAPS_NANOS);
  }

  /** Both at once, on IO so long that the traps of the exact way are less than a hundredth. */
  @Test
  void longIoTakesTheSameTimeInBothWays() throws InterruptedException {
    try (TracedServer traced = bulkLoaded();
        EmbeddedKafka other = EmbeddedKafka.start(dir.resolve("other-kafka"))) {
      Properties settings = new Properties();
      settings.putAll(traced.settings());
      settings.put("waits", "watchpoint-in-vm");
      settings.put("kafka.bootstrap.servers", other.bootstrapServers());
      settings.put("spool.directory", dir.resolve("other-spool").toString());
      traced.collect();
      long pid;
      try (Collector exact = new Collector(CollectorSettings.from(settings));
          PsqlSession session = new PsqlSession(traced.server())) {
        exact.start();
        pid = session.pid();
        session.ask("select 'begin'");
        // The watchpoint is set some milliseconds after the first event.
        TimeUnit.MILLISECONDS.sleep(200);
        for (int i = 0; i < SYNCS; i++) {
          session.ask("create table synced" + i + " as select * from filler");
        }
        session.ask("select 'end'");
      }
      List<Long> calls = waits(traced.batches(), pid).get(SYNC);
      List<Long> words = waits(RawEvents.readAll(other.bootstrapServers()), pid).get(SYNC);
      // The table, its TOAST table and that one's index.
      assertThat(calls).hasSize(3 * SYNCS);
      assertThat(words).hasSameSizeAs(calls);
      assertThat((double) total(words) / total(calls))
          .as("%s, %s", calls, words)
          .isBetween(0.98, 1.02);
    }
  }

  /** What is loaded into a new table goes to disk at the commit, without WAL. */
  private TracedServer bulkLoaded() {
    TracedServer traced =
        new TracedServer(
            dir.resolve("bulk"),
            PostgresInstallations.ofMajor(15),
            b ->
                b.setting("wal_level", "minimal")
                    .setting("max_wal_senders", "0")
                    .setting("wal_skip_threshold", "0")
                    .setting("autovacuum", "off"));
    traced
        .server()
        .client()
        .sql(
            "create table filler (f text); alter table filler alter f set storage plain;"
                + " insert into filler select repeat('x', 8000) from generate_series(1, 20000)");
    return traced;
  }

  /** It could end the server there. */
  @Test
  void aVirtualMachineRefusesIt() {
    try (TracedServer traced = traced("watchpoint", 15)) {
      if (VirtualMachine.isHost()) {
        assertThatThrownBy(traced::collect)
            .isInstanceOf(CollectorException.class)
            .hasMessageContaining("virtual machine")
            .hasMessageContaining("waits=syscalls");
      } else {
        assertThat(traced.collect().status().servers()).isNotEmpty();
      }
    }
  }
}
