package io.pgstitch.processor;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.processor.stitch.BackendScript;
import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.AvroSerializer;
import io.pgstitch.schema.BackendKey;
import io.pgstitch.schema.BundledSchemaRegistry;
import io.pgstitch.schema.OpenQuery;
import io.pgstitch.schema.ProducerGuarantees;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.TopicPlan;
import io.pgstitch.schema.TopicProvisioner;
import io.pgstitch.schema.Topics;
import io.pgstitch.testkit.KafkaUnderTest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** So many statements run at the same time, and one processor with a heap of 512 MiB has them. */
class TenThousandBackendsIT {
  private static final int TEXT_CHARS = 1_000;
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  @TempDir Path dir;
  private final SchemaRegistry registry = new BundledSchemaRegistry();
  private final List<BackendScript> scripts = new ArrayList<>();
  private int begun;

  private void write(int backends) {
    for (int pid = 1; pid <= backends; pid++) {
      BackendScript script = new BackendScript();
      script.backend().setPid(pid);
      String text = "select " + pid + " /* " + "x".repeat(TEXT_CHARS) + " */";
      script.running(text).call("pg_parse_query").call("parse_analyze_fixedparams");
      script.call("standard_planner").portal(1, "SELECT").ownStart(1, 2, 1);
      script.enter("PortalRun", 1).enter("standard_ExecutorRun", 2);
      script.waits("IO", "DataFileRead", 4_000).waits("IO", "DataFileRead", 9_000);
      begun = script.size();
      script.exit(3).exit().endOfPortal(1, 2).transactionEnd(true).commandEnd("SELECT", 3).idle();
      scripts.add(script);
    }
  }

  @Test
  @Tag("soak")
  void tenThousandOpenStatementsFitIntoAHeapOf512MiB() throws Exception {
    open(10_000);
  }

  @Test
  void aThousandOpenStatementsAreShownAndStitchedRight() throws Exception {
    open(1_000);
  }

  private void open(int backends) throws Exception {
    write(backends);
    try (KafkaUnderTest kafka = KafkaUnderTest.start(dir.resolve("kafka"));
        ProcessorProcesses processors = new ProcessorProcesses(dir, kafka.bootstrapServers())) {
      String brokers = kafka.bootstrapServers();
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
        TopicProvisioner.ensure(admin, new TopicPlan(6, (short) 1, Duration.ofHours(24)));
      }
      processors.start();
      Map<String, OpenQuery> open = new HashMap<>();
      Map<Integer, QueryTrace> traces = new HashMap<>();
      try (KafkaConsumer<String, OpenQuery> openQueries =
              consumer(brokers, Topics.OPEN_QUERIES, OpenQuery.class);
          KafkaConsumer<String, QueryTrace> queryTraces =
              consumer(brokers, Topics.QUERY_TRACES, QueryTrace.class)) {
        send(brokers, 0, begun);
        Consumer<ConsumerRecord<String, OpenQuery>> takeOpen =
            record -> open.put(record.key(), record.value());
        readUntil(processors, openQueries, takeOpen, backends, open::size);
        assertThat(
                open.values().stream().map(query -> query.getBackend().getPid()).distinct().count())
            .isEqualTo(backends);
        send(brokers, begun, scripts.get(0).size());
        readUntil(
            processors,
            queryTraces,
            record -> {
              QueryTrace trace = record.value();
              assertThat(traces.put(trace.getBackend().getPid(), trace)).as("only once").isNull();
            },
            backends,
            traces::size);
        readUntil(
            processors,
            openQueries,
            takeOpen,
            backends,
            () -> (int) open.values().stream().filter(Objects::isNull).count());
      }
      Map<Integer, QueryTrace> expected =
          scripts.stream()
              .map(script -> script.stitch().only())
              .collect(Collectors.toMap(trace -> trace.getBackend().getPid(), trace -> trace));
      assertThat(traces).isEqualTo(expected);
      assertThat(processors.allAlive()).isTrue();
    }
  }

  private void send(String brokers, int from, int to) throws Exception {
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    Map<String, Object> config = new HashMap<>(Map.of("bootstrap.servers", brokers));
    ProducerGuarantees.putInto(config);
    try (KafkaProducer<String, RawEventBatch> producer =
        new KafkaProducer<>(
            config, new StringSerializer(), new AvroSerializer<>(RawEventBatch.class, registry))) {
      for (BackendScript script : scripts) {
        String key = BackendKey.of(script.backend());
        sent.add(
            producer.send(new ProducerRecord<>(Topics.RAW_EVENTS, key, script.batch(from, to, 0))));
      }
    }
    for (Future<RecordMetadata> each : sent) {
      each.get();
    }
  }

  private <T extends SpecificRecord> KafkaConsumer<String, T> consumer(
      String brokers, String topic, Class<T> type) {
    Map<String, Object> config =
        Map.of(
            "bootstrap.servers",
            brokers,
            "group.id",
            "reader-of-" + topic,
            "auto.offset.reset",
            "earliest",
            "isolation.level",
            "read_committed");
    KafkaConsumer<String, T> consumer =
        new KafkaConsumer<>(
            config, new StringDeserializer(), new AvroDeserializer<>(type, registry));
    consumer.subscribe(List.of(topic));
    return consumer;
  }

  /** Reads until there are as many as are expected. */
  private static <T> void readUntil(
      ProcessorProcesses processors,
      KafkaConsumer<String, T> consumer,
      Consumer<ConsumerRecord<String, T>> taken,
      int expected,
      IntSupplier there) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (there.getAsInt() != expected) {
      assertThat(System.nanoTime())
          .as(
              () ->
                  "%d of %d from %s; assigned %s; the processor: %s"
                      .formatted(
                          there.getAsInt(),
                          expected,
                          consumer.subscription(),
                          consumer.assignment(),
                          processors.logs()))
          .isLessThan(end);
      consumer.poll(Duration.ofMillis(200)).forEach(taken);
    }
  }
}
