package io.pgstitch.cli;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;

/**
 * Opens the connection to a Kafka cluster and says in time when there is none; the clients alone
 * would retry for ever.
 */
final class KafkaConnection {
  private KafkaConnection() {}

  /**
   * Connects and asks the cluster who it is.
   *
   * @param clientSettings Kafka client settings, {@code bootstrap.servers} among them
   * @throws CommandFailure when no broker answers within {@code patience}
   */
  static Admin open(Map<String, ?> clientSettings, Duration patience) throws InterruptedException {
    String brokers = String.valueOf(clientSettings.get(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG));
    Admin admin;
    try {
      admin = Admin.create(new HashMap<>(clientSettings));
    } catch (KafkaException e) {
      throw unreachable(brokers, e);
    }
    try {
      admin.describeCluster().clusterId().get(patience.toMillis(), TimeUnit.MILLISECONDS);
      return admin;
    } catch (ExecutionException | TimeoutException e) {
      admin.close(Duration.ZERO);
      throw unreachable(brokers, e);
    } catch (InterruptedException e) {
      admin.close(Duration.ZERO);
      throw e;
    }
  }

  private static CommandFailure unreachable(String brokers, Exception origin) {
    Throwable reason = origin.getCause() == null ? origin : origin.getCause();
    String why = reason.getMessage() == null ? "no broker answered" : reason.getMessage();
    return CommandFailure.environment(
        "Kafka is not reachable at " + brokers + ": " + why,
        "Check the addresses (kafka.bootstrap.servers or --kafka), that the brokers run and advertise addresses this host can"
            + " reach, and the kafka.security.* settings.",
        origin);
  }
}
