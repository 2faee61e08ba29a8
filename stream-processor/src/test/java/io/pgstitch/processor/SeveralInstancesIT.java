package io.pgstitch.processor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Instances that come while statements do, and that are killed as their broker is, give what one
 * gives that is left alone: each trace once, to the byte.
 */
class SeveralInstancesIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int PARTITIONS = 4;
  static final String GROUP = "pgstitch-processor";

  @TempDir Path dir;

  @Test
  void oneThatComesAndOneThatIsKilledLoseAndDoubleNothing() throws Exception {
    try (BrokerProcess broker = BrokerProcess.start(dir.resolve("kafka"));
        ProcessorProcesses processors = new ProcessorProcesses(dir, broker.bootstrapServers())) {
      SessionTraffic traffic = new SessionTraffic(broker.bootstrapServers(), 2_000, PARTITIONS);
      processors.start();
      traffic.sendUntil(1, 3);
      awaitSharing(broker, 1);
      processors.start();
      traffic.sendUntil(2, 3);
      awaitSharing(broker, 2);
      processors.killOldest();
      traffic.sendUntil(3, 3);
      traffic.assertStitchedOnce(() -> processors.logs() + broker.log());
    }
  }

  @Test
  @Tag("soak")
  void thirtyKillsOfInstancesAndTheirBrokerInAHundredThousandStatements() throws Exception {
    killing(30, 100_000);
  }

  @Test
  void aKilledBrokerAndAKillOfAllAtOnceLoseAndDoubleNothing() throws Exception {
    killing(2, 2_000);
  }

  /** Of three kills the first is the broker's, the second everybody's, the third an instance's. */
  private void killing(int kills, int statements) throws Exception {
    Random random = new Random(kills);
    try (BrokerProcess broker = BrokerProcess.start(dir.resolve("kafka"));
        ProcessorProcesses processors = new ProcessorProcesses(dir, broker.bootstrapServers())) {
      SessionTraffic traffic =
          new SessionTraffic(broker.bootstrapServers(), statements, PARTITIONS);
      processors.start();
      processors.start();
      for (int kill = 0; kill < kills; kill++) {
        traffic.sendUntil(kill + 1, kills + 1);
        // Some are killed while they start, some while they work.
        TimeUnit.MILLISECONDS.sleep(1_000 + random.nextInt(4_000));
        switch (kill % 3) {
          case 0 -> {
            broker.kill();
            broker.restart();
          }
          case 1 -> {
            broker.kill();
            processors.killAll();
            processors.start();
            // Those who come find no broker.
            broker.restart();
            processors.start();
          }
          default -> {
            processors.killOldest();
            processors.start();
          }
        }
      }
      traffic.sendUntil(1, 1);
      traffic.assertStitchedOnce(() -> processors.logs() + broker.log());
    }
  }

  /** Waits until so many instances have partitions. */
  private static void awaitSharing(BrokerProcess broker, int instances) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (sharing(admin) != instances) {
        assertThat(System.nanoTime()).as("time for instances to share").isLessThan(end);
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
  }

  private static long sharing(Admin admin) throws InterruptedException, ExecutionException {
    ConsumerGroupDescription group;
    try {
      group = admin.describeConsumerGroups(List.of(GROUP)).all().get().get(GROUP);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof GroupIdNotFoundException) {
        return 0; // none has joined yet
      }
      throw e;
    }
    return group.groupState() != GroupState.STABLE
        ? 0
        : group.members().stream()
            .filter(member -> !member.assignment().topicPartitions().isEmpty())
            .count();
  }
}
