package io.pgstitch.collector.send;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.collector.Patience;
import io.pgstitch.collector.spool.Framing;
import io.pgstitch.collector.spool.SpoolSettings;
import io.pgstitch.collector.spool.TestBatches;
import io.pgstitch.schema.Topics;
import io.pgstitch.testkit.EmbeddedKafka;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real broker that answers, but not with yes. */
final class SpoolingSenderIT {
  @TempDir Path dir;

  @Test
  void batchesWaitForTheirTopicAndThoseThatAreTooLargeAreCounted() throws Exception {
    try (EmbeddedKafka kafka = EmbeddedKafka.start(dir.resolve("kafka"))) {
      TestBatches batches = new TestBatches(1, 1);
      SpoolingSender sender =
          SpoolingSender.start(
              Map.of("bootstrap.servers", kafka.bootstrapServers()),
              new SpoolSettings(dir.resolve("spool"), 64 << 20, 0),
              new Framing(TestBatches.SCHEMA, 1));
      try {
        for (int i = 0; i < 20; i++) {
          assertThat(sender.take(batches.next(1_000))).isTrue();
        }
        Patience.until("the spool", () -> sender.spool().batches() == 20);
        createTopic(kafka.bootstrapServers());
        Patience.until("acknowledgements", () -> sender.acknowledged() == 20);
        Patience.until("the spool", () -> sender.spool().batches() == 0);

        // Half of it can be compressed.
        assertThat(sender.take(TestBatches.of(9, 1, 5, 3 * LIMIT, new Random(1)))).isTrue();
        assertThat(sender.take(batches.next(1_000))).isTrue();
        Patience.until("acknowledgements", () -> sender.acknowledged() == 21);
        assertThat(sender.refused()).isEqualTo(1);
        assertThat(sender.failure()).isNull();
      } finally {
        sender.close();
      }
      assertThat(sender.spool().batches()).isZero();
      assertThat(sender.spool().droppedBatches()).isZero();
    }
  }

  private static final int LIMIT = 100_000;

  private static void createTopic(String brokers) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
      admin
          .createTopics(
              List.of(
                  new NewTopic(Topics.RAW_EVENTS, 2, (short) 1)
                      .configs(Map.of("max.message.bytes", String.valueOf(LIMIT)))))
          .all()
          .get();
    }
  }
}
