package io.pgstitch.testkit;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The server.properties of the in-process broker: one node, little memory, quick to come back. */
final class EmbeddedKafkaSettings {
  static final int NODE_ID = 1;
  static final String CONTROLLER_LISTENER = "CONTROLLER";

  private EmbeddedKafkaSettings() {}

  static Map<String, String> of(Path logDir, int brokerPort, int controllerPort) {
    Map<String, String> settings = ofController(logDir, controllerPort);
    settings.put("process.roles", "broker,controller");
    settings.put(
        "listeners",
        "PLAINTEXT://127.0.0.1:" + brokerPort + "," + controllerListener(controllerPort));
    settings.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + brokerPort);
    settings.put("auto.create.topics.enable", "false");
    oneReplica(settings);
    // With the defaults a broker that was killed is fenced for 14 s after its restart.
    settings.put("broker.session.timeout.ms", "2000");
    settings.put("broker.heartbeat.interval.ms", "400");
    settings.put("group.initial.rebalance.delay.ms", "0");
    smallFootprint(settings);
    return settings;
  }

  /** Of the same node, without its broker. */
  static Map<String, String> ofControllerAlone(Path logDir, int controllerPort) {
    Map<String, String> settings = ofController(logDir, controllerPort);
    settings.put("process.roles", "controller");
    settings.put("listeners", controllerListener(controllerPort));
    return settings;
  }

  private static Map<String, String> ofController(Path logDir, int controllerPort) {
    Map<String, String> settings = new HashMap<>();
    settings.put("node.id", Integer.toString(NODE_ID));
    // Voters by configuration, not in the log: the next start may use another port.
    settings.put("controller.quorum.voters", NODE_ID + "@127.0.0.1:" + controllerPort);
    settings.put("controller.listener.names", CONTROLLER_LISTENER);
    settings.put(
        "listener.security.protocol.map",
        "PLAINTEXT:PLAINTEXT," + CONTROLLER_LISTENER + ":PLAINTEXT");
    settings.put("log.dirs", logDir.toString());
    // No JMX: nobody looks, and MBeans of two brokers in one process would collide.
    settings.put("metric.reporters", "");
    return settings;
  }

  private static String controllerListener(int port) {
    return CONTROLLER_LISTENER + "://127.0.0.1:" + port;
  }

  private static void oneReplica(Map<String, String> settings) {
    settings.put("default.replication.factor", "1");
    settings.put("min.insync.replicas", "1");
    settings.put("offsets.topic.num.partitions", "1");
    settings.put("offsets.topic.replication.factor", "1");
    settings.put("transaction.state.log.num.partitions", "1");
    settings.put("transaction.state.log.replication.factor", "1");
    settings.put("transaction.state.log.min.isr", "1");
    settings.put("share.coordinator.state.topic.num.partitions", "1");
    settings.put("share.coordinator.state.topic.replication.factor", "1");
    settings.put("share.coordinator.state.topic.min.isr", "1");
  }

  private static void smallFootprint(Map<String, String> settings) {
    settings.put("num.network.threads", "2");
    settings.put("num.io.threads", "2");
    settings.put("background.threads", "2");
    settings.put("num.recovery.threads.per.data.dir", "1");
    settings.put("log.cleaner.dedupe.buffer.size", "4194304");
    settings.put("log.segment.bytes", "134217728");
    settings.put("log.index.size.max.bytes", "1048576");
    settings.put("socket.send.buffer.bytes", "-1");
    settings.put("socket.receive.buffer.bytes", "-1");
  }
}
