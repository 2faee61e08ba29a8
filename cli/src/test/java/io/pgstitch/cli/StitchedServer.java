package io.pgstitch.cli;

import io.pgstitch.collector.Collector;
import io.pgstitch.collector.CollectorSettings;
import io.pgstitch.collector.CollectorStatus;
import io.pgstitch.processor.state.TeamLaunch;
import io.pgstitch.processor.stitch.SessionStitcher;
import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.stitch.StitchLimits;
import io.pgstitch.processor.stitch.StitchOutput;
import io.pgstitch.processor.stitch.WaitedFor;
import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BundledSchemaRegistry;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.Topics;
import io.pgstitch.schema.TraceRecords;
import io.pgstitch.testkit.EmbeddedKafka;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** A real collector, a real broker, and what the stitcher makes of what came through them. */
final class StitchedServer implements AutoCloseable {
  private final EmbeddedKafka kafka;
  private final Collector collector;

  private StitchedServer(EmbeddedKafka kafka, Collector collector) {
    this.kafka = kafka;
    this.collector = collector;
  }

  /** Begins to collect; returns when the probes of all servers are planted. */
  static StitchedServer start(Path dir, Map<String, String> settings) {
    EmbeddedKafka kafka = EmbeddedKafka.start(dir.resolve("kafka"));
    Properties all = new Properties();
    all.put("detail", "phases");
    all.putAll(settings);
    all.put("kafka.bootstrap.servers", kafka.bootstrapServers());
    all.put("spool.directory", dir.resolve("spool").toString());
    all.put("spool.min.free.bytes", "0");
    Collector collector = new Collector(CollectorSettings.from(all));
    collector.start();
    return new StitchedServer(kafka, collector);
  }

  /** Ends the collection, and stitches what it sent. */
  List<QueryTrace> stop() {
    collector.close();
    if (collector.failure() != null) {
      throw new AssertionError("the collector failed", collector.failure());
    }
    Traces traces = new Traces();
    Map<String, SessionStitcher> sessions = new HashMap<>();
    for (RawEventBatch batch : batches()) {
      Backend backend = batch.getBackend();
      sessions
          .computeIfAbsent(
              backend.getPid() + "/" + backend.getStartNs(),
              key ->
                  new SessionStitcher(backend, StitchLimits.DEFAULT, new StitchCounters(), traces))
          .accept(batch);
    }
    return traces.all;
  }

  /** What the collector counted. */
  CollectorStatus status() {
    return collector.status();
  }

  private List<RawEventBatch> batches() {
    List<RawEventBatch> batches = new ArrayList<>();
    try (KafkaConsumer<String, RawEventBatch> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", kafka.bootstrapServers()),
            new StringDeserializer(),
            new AvroDeserializer<>(RawEventBatch.class, new BundledSchemaRegistry()))) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.RAW_EVENTS).stream()
              .map(p -> new TopicPartition(p.topic(), p.partition()))
              .toList();
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      for (TopicPartition partition : partitions) {
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        while (consumer.position(partition) < ends.get(partition)) {
          consumer.poll(Duration.ofMillis(100)).forEach(record -> batches.add(record.value()));
        }
      }
    }
    return batches;
  }

  @Override
  public void close() {
    collector.close();
    kafka.close();
  }

  private static final class Traces implements StitchOutput {
    private final List<QueryTrace> all = new ArrayList<>();

    @Override
    public void trace(QueryTrace trace) {
      all.add(trace);
    }

    @Override
    public void share(QueryTrace trace, long startNs, long utcOffsetNs) {
      all.add(trace);
    }

    @Override
    public void launched(TeamLaunch launch) {
      // Of no interest here.
    }

    @Override
    public void placed(long context, int number, long timeNs, String spanId) {
      // Of no interest here.
    }

    @Override
    public void settled(WaitedFor waitedFor) {}

    @Override
    public void records(TraceRecords records, long endUtcNs) {
      // The spans are enough.
    }
  }
}
