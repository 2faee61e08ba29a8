package io.pgstitch.processor;

import io.pgstitch.testkit.KafkaUnderTest;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A processor that is killed again and again while statements come gives what one gives that is
 * left alone: each trace once, to the byte.
 */
class ExactlyOnceIT {
  @TempDir Path dir;

  @Test
  @Tag("soak")
  void threeKillsInTenThousandStatements() throws Exception {
    run(3, 10_000);
  }

  @Test
  @Tag("soak")
  void thirtyKillsInAHundredThousandStatements() throws Exception {
    run(30, 100_000);
  }

  private void run(int kills, int statements) throws Exception {
    try (KafkaUnderTest kafka = KafkaUnderTest.start(dir.resolve("kafka"));
        ProcessorProcesses processors = new ProcessorProcesses(dir, kafka.bootstrapServers())) {
      SessionTraffic traffic = new SessionTraffic(kafka.bootstrapServers(), statements, 2);
      Random random = new Random(kills);
      processors.start();
      for (int kill = 0; kill < kills; kill++) {
        traffic.sendUntil(kill + 1, kills + 1);
        // Some are killed while they start, some while they work.
        TimeUnit.MILLISECONDS.sleep(1_000 + random.nextInt(4_000));
        processors.killOldest();
        processors.start();
      }
      traffic.sendUntil(1, 1);
      traffic.assertStitchedOnce(processors::logs);
    }
  }
}
