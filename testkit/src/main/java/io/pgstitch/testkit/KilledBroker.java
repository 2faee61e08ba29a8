package io.pgstitch.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.BrokerIdNotRegisteredException;
import org.apache.kafka.common.utils.Time;

/**
 * What a broker that was killed has left, and must be put right before it starts again.
 *
 * <p>In the metadata that it left it still leads its partitions. A broker that starts with those
 * leads them for a moment, until the controller hears of its start and takes them away; and in
 * Kafka 4.1 to 4.3.1 the transaction coordinator takes a partition without a leader for a deleted
 * one (KAFKA-20734). A transaction that was being committed at the kill is called complete then,
 * without its marker in that partition: no reader of committed records ever comes past it. So the
 * controller starts alone first, and is told that the broker is gone.
 */
final class KilledBroker {
  private static final long LIMIT_SECONDS = 60;

  private KilledBroker() {}

  /** Whether the broker of this directory ended without saying so. */
  static boolean left(Path logDir) {
    return Files.exists(logDir.resolve("__cluster_metadata-0"))
        && !Files.exists(logDir.resolve(".kafka_cleanshutdown"));
  }

  /**
   * Has the controller take all partitions from the broker.
   *
   * @param controllerPort a free one
   * @throws InterruptedException if the thread is interrupted; the controller has stopped then
   */
  static void forget(Path logDir, int controllerPort) throws Exception {
    KafkaConfig config =
        new KafkaConfig(EmbeddedKafkaSettings.ofControllerAlone(logDir, controllerPort), false);
    KafkaRaftServer controller = new KafkaRaftServer(config, Time.SYSTEM);
    try {
      controller.startup();
      try (Admin admin =
          Admin.create(Map.of("bootstrap.controllers", "127.0.0.1:" + controllerPort))) {
        admin
            .unregisterBroker(EmbeddedKafkaSettings.NODE_ID)
            .all()
            .get(LIMIT_SECONDS, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof BrokerIdNotRegisteredException)) {
          throw e;
        }
        // Killed before it was known.
      }
    } finally {
      controller.shutdown();
      controller.awaitShutdown();
    }
  }
}
