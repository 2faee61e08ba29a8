package io.pgstitch.collector;

import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.testkit.EmbeddedKafka;
import io.pgstitch.testkit.PostgresInstallation;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.function.UnaryOperator;

/** A real server, a real broker and a collector between them. */
final class TracedServer implements AutoCloseable {
  private final Path kafkaDirectory;
  private EmbeddedKafka kafka;
  private final ThrowawayPostgres server;
  private final Properties settings = new Properties();
  private Collector collector;
  private boolean reduced;

  TracedServer(Path dir, int major) {
    this(dir, PostgresInstallations.ofMajor(major), b -> b);
  }

  TracedServer(
      Path dir,
      PostgresInstallation installation,
      UnaryOperator<ThrowawayPostgres.Builder> configured) {
    this.kafkaDirectory = dir.resolve("kafka");
    this.kafka = EmbeddedKafka.start(kafkaDirectory);
    this.server = configured.apply(ThrowawayPostgres.builder(installation)).start();
    settings.put("kafka.bootstrap.servers", kafka.bootstrapServers());
    settings.put("rescan.ms", "200");
    settings.put("detail", "phases");
    settings.put("spool.directory", dir.resolve("spool").toString());
    settings.put("spool.min.free.bytes", "0");
  }

  ThrowawayPostgres server() {
    return server;
  }

  void set(String key, String value) {
    settings.put(key, value);
  }

  Properties settings() {
    return settings;
  }

  String brokers() {
    return settings.getProperty("kafka.bootstrap.servers");
  }

  /** Stops the broker; its data stays. */
  void stopKafka() {
    kafka.close();
    kafka = null;
  }

  /** Starts it where it was. */
  void startKafka() {
    String address = brokers();
    int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    kafka = EmbeddedKafka.start(kafkaDirectory, port);
  }

  Collector collect() {
    collector = new Collector(CollectorSettings.from(settings));
    collector.start();
    return collector;
  }

  /** Ends the collection and reads what it sent of this server; others may run on the host. */
  List<RawEventBatch> batches() {
    String directory = server.dataDir().toString();
    return batchesOfAllServers().stream()
        .filter(b -> b.getBackend().getDataDirectory().equals(directory))
        .toList();
  }

  /** Structs of this server are not what its version has, or are said to lie elsewhere. */
  void expectReduced() {
    reduced = true;
  }

  /** Ends the collection and reads what it sent. */
  List<RawEventBatch> batchesOfAllServers() {
    collector.close();
    assertNotReduced();
    if (collector.failure() != null) {
      throw new AssertionError("the collector failed", collector.failure());
    }
    return RawEvents.readAll(kafka.bootstrapServers());
  }

  /** No layout of a stock build may be contradicted, whatever its statements do. */
  private void assertNotReduced() {
    for (CollectorStatus.Server each : collector.status().servers()) {
      if (!reduced && each.pid() == server.postmasterPid() && !each.reduced().isEmpty()) {
        throw new AssertionError("a stock build is contradicted: " + each.reduced());
      }
    }
  }

  @Override
  public void close() {
    if (collector != null) {
      collector.close();
    }
    server.close();
    if (kafka != null) {
      kafka.close();
    }
  }
}
