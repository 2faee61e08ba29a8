package io.pgstitch.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.collector.Collector;
import io.pgstitch.collector.CollectorSettings;
import io.pgstitch.schema.Topics;
import io.pgstitch.testkit.EmbeddedKafka;
import java.nio.file.Path;
import java.util.Properties;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Figures of the collector that do not depend on how fast the machine is. */
class CollectorFiguresIT {
  private static final int CLIENTS = 8;
  private static final int EACH = 500;

  /** The texts of statements, each of which is another, are objects; no event is one. */
  private static final double MOST_BESIDE_RECORDS = 8;

  private static Database database;

  @TempDir private Path dir;

  @BeforeAll
  static void startServer() {
    database = Database.start();
  }

  @AfterAll
  static void stopServer() {
    database.close();
  }

  private static void selects() {
    database
        .server()
        .client()
        .pgbench("-n", "-S", "-c", String.valueOf(CLIENTS), "-t", String.valueOf(EACH), "postgres");
  }

  @Test
  void anEventOfTheRingAllocatesNoMoreThanItDid() throws Exception {
    RingRecording recording =
        RingRecording.of(Math.toIntExact(database.pid()), 12, CollectorFiguresIT::selects);

    PlayedAllocation allocation = PlayedAllocation.of(recording);

    assertThat(allocation.records()).isBetween(8.0, 30.0);
    assertThat(allocation.besideRecords()).isBetween(0.0, MOST_BESIDE_RECORDS);
    // Each statement has at least its five events of level 1.
    assertThat(allocation.events()).isGreaterThan(5L * CLIENTS * EACH);
  }

  @Test
  void aStatementAtLevelOneTakesLessThan200BytesInKafka() throws Exception {
    Path kafkaDirectory = dir.resolve("kafka");
    try (EmbeddedKafka kafka = EmbeddedKafka.start(kafkaDirectory)) {
      Properties settings = new Properties();
      settings.setProperty("kafka.bootstrap.servers", kafka.bootstrapServers());
      settings.setProperty("pids", String.valueOf(database.pid()));
      settings.setProperty("level", "1");
      settings.setProperty("spool.directory", dir.resolve("spool").toString());
      settings.setProperty("spool.min.free.bytes", "0");
      // How much of a slow machine's work falls between two flushes must not decide.
      settings.setProperty("flush.ms", "2000");
      Collector collector = new Collector(CollectorSettings.from(settings));
      try {
        collector.start();
        selects();
      } finally {
        collector.close();
      }
      assertThat(collector.status().acknowledged()).isEqualTo(collector.status().batches());
      assertThat(collector.status().events()).isGreaterThanOrEqualTo(4L * CLIENTS * EACH);
      long bytes =
          DirectorySize.of(
              kafkaDirectory,
              file ->
                  file.getParent().getFileName().toString().startsWith(Topics.RAW_EVENTS + "-")
                      && file.toString().endsWith(".log"));

      assertThat((double) bytes / (CLIENTS * EACH)).isBetween(10.0, 200.0);
    }
  }
}
