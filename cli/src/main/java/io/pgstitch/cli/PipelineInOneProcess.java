package io.pgstitch.cli;

import io.pgstitch.collector.Collector;
import io.pgstitch.collector.CollectorSettings;
import io.pgstitch.collector.CollectorStatus;
import io.pgstitch.exporter.Exporter;
import io.pgstitch.exporter.ExporterSettings;
import io.pgstitch.processor.ProcessorSettings;
import io.pgstitch.processor.StreamProcessor;
import io.pgstitch.schema.SchemaRegistries;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.TopicPlan;
import io.pgstitch.schema.TopicProvisioner;
import io.pgstitch.schema.Topics;
import io.pgstitch.testkit.EmbeddedKafka;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;

/**
 * Collector, processor, exporter and, unless there is a cluster already, Kafka: all in this
 * process, for one host.
 */
final class PipelineInOneProcess implements AutoCloseable {
  private static final Duration KAFKA_PATIENCE = Duration.ofSeconds(15);
  private static final Duration START_PATIENCE = Duration.ofSeconds(60);
  private static final Duration DELIVERY_PATIENCE = Duration.ofSeconds(120);
  private static final TopicPlan ONE_HOST = new TopicPlan(4, (short) 1, Duration.ofDays(1));

  /** What was started, last first: the order in which it must be closed. */
  private final Deque<AutoCloseable> started = new ArrayDeque<>();

  private Admin admin;
  private DeliveryBarrier barrier;
  private TraceTally tally;
  private StreamProcessor processor;
  private Exporter exporter;
  private Collector collector;
  private String brokers;
  private String processorGroup;
  private RunFile run;

  private PipelineInOneProcess() {}

  /**
   * Starts all parts, the collector last; on return every probe is attached.
   *
   * @throws CommandFailure when Kafka does not answer
   */
  static PipelineInOneProcess start(PipelineOptions options) throws Exception {
    return started(pipeline -> pipeline.startParts(options));
  }

  /** Starts all parts but the collector, which would need root and a server. */
  static PipelineInOneProcess withoutCollector(PipelineOptions options) throws Exception {
    return started(pipeline -> pipeline.startOthers(options));
  }

  private interface Start {
    void of(PipelineInOneProcess pipeline) throws Exception;
  }

  private static PipelineInOneProcess started(Start start) throws Exception {
    PipelineInOneProcess pipeline = new PipelineInOneProcess();
    try {
      start.of(pipeline);
      return pipeline;
    } catch (Exception e) {
      pipeline.close();
      throw e;
    }
  }

  private void startParts(PipelineOptions options) throws Exception {
    CollectorSettings collectorSettings = startOthers(options);
    collector = opened(new Collector(collectorSettings));
    collector.start();
    run =
        RunFile.ofThisProcess(
            "up",
            collectorSettings.host(),
            brokers,
            Optional.empty(),
            Optional.of(options.traceDirectory()));
  }

  /** Starts what comes behind the collector, and says how that is to be set. */
  private CollectorSettings startOthers(PipelineOptions options) throws Exception {
    brokers =
        options.kafka().isPresent()
            ? options.kafka().get()
            : opened(EmbeddedKafka.start(options.kafkaDirectory())).bootstrapServers();
    PipelineSettings settings = new PipelineSettings(options, brokers);
    admin = opened(KafkaConnection.open(settings.kafka(), KAFKA_PATIENCE));
    TopicProvisioner.ensure(admin, ONE_HOST);
    SchemaRegistry registry = opened(SchemaRegistries.from(Map.of()));
    CollectorSettings collectorSettings = CollectorSettings.from(settings.collector());
    tally = opened(TraceTally.start(settings.kafka(), registry, collectorSettings.host()));
    barrier = new DeliveryBarrier(admin, DELIVERY_PATIENCE);

    exporter = opened(new Exporter(ExporterSettings.from(settings.exporter())));
    if (options.kafka().isPresent()) {
      GroupStart groups = new GroupStart(admin, barrier);
      for (Map.Entry<String, String> group : exporter.topicsByGroup().entrySet()) {
        groups.atEndUnlessKnown(group.getKey(), group.getValue());
      }
    }
    exporter.start();
    ProcessorSettings processorSettings = ProcessorSettings.from(settings.processor());
    processorGroup = processorSettings.applicationId();
    processor = opened(new StreamProcessor(processorSettings));
    processor.start();
    processor.awaitRunning(START_PATIENCE);
    return collectorSettings;
  }

  private <T extends AutoCloseable> T opened(T part) {
    started.push(part);
    return part;
  }

  /** By which others find it. */
  RunFile run() {
    return run;
  }

  /** What the collector is attached to. */
  CollectorStatus status() {
    return collector.status();
  }

  /** What ended the work of one part before its time, in words. */
  Optional<String> failure() {
    return RoleFailure.of(collector)
        .or(() -> RoleFailure.of(processor))
        .or(() -> RoleFailure.of(exporter));
  }

  /**
   * Stops collecting, and returns when everything that was collected has been exported.
   *
   * @throws CommandFailure when that does not come to its end in time
   */
  RunSummary drain() throws Exception {
    collector.close();
    CollectorStatus last = collector.status();
    barrier.awaitConsumed(Topics.RAW_EVENTS, processorGroup);
    Map<TopicPartition, Long> traces = barrier.endOffsets(Topics.QUERY_TRACES);
    barrier.awaitStep("not all traces were counted", () -> tally.reached(traces));
    for (Map.Entry<String, String> group : exporter.topicsByGroup().entrySet()) {
      barrier.awaitConsumed(group.getValue(), group.getKey());
    }
    return new RunSummary(tally.servers(), exporter.counters(), processor.counters(), last);
  }

  @Override
  public void close() throws Exception {
    Exception first = null;
    while (!started.isEmpty()) {
      try {
        started.pop().close();
      } catch (Exception e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
