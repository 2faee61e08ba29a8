package io.pgstitch.processor;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.processor.stitch.ApartRecords;
import io.pgstitch.processor.stitch.Counter;
import io.pgstitch.processor.stitch.RandomSession;
import io.pgstitch.processor.stitch.SampledBatches;
import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.AvroSerializer;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendKey;
import io.pgstitch.schema.BundledSchemaRegistry;
import io.pgstitch.schema.ProducerGuarantees;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.TopicPlan;
import io.pgstitch.schema.TopicProvisioner;
import io.pgstitch.schema.Topics;
import io.pgstitch.schema.TraceRecords;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** What many sessions send, and what must come of it, whatever happens to those who stitch it. */
final class SessionTraffic {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final String brokers;
  private final int partitions;
  private final SchemaRegistry registry = new BundledSchemaRegistry();
  private final Map<Integer, List<QueryTrace>> traces = new HashMap<>();
  private final Map<Integer, List<TraceRecords>> records = new HashMap<>();
  private long batches;
  private final List<List<RawEventBatch>> sessions = new ArrayList<>();
  private int sent;

  /**
   * Makes sessions of so many statements together, and the topics.
   *
   * @param brokers {@code bootstrap.servers}
   */
  SessionTraffic(String brokers, int statements, int partitions) {
    this.brokers = brokers;
    this.partitions = partitions;
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
      TopicProvisioner.ensure(admin, new TopicPlan(partitions, (short) 1, Duration.ofHours(24)));
    }
    int made = 0;
    for (int pid = 1; made < statements; pid++) {
      RandomSession session = new RandomSession(pid);
      List<RawEventBatch> sampled = new SampledBatches(pid).of(session.batches());
      sessions.add(sampled);
      batches += sampled.size();
      for (SpecificRecord output : session.stitched().all) {
        if (output instanceof QueryTrace trace) {
          traces.computeIfAbsent(pid, p -> new ArrayList<>()).add(trace);
        } else {
          records.computeIfAbsent(pid, p -> new ArrayList<>()).add((TraceRecords) output);
        }
      }
      made += session.stitched().statements().size();
    }
  }

  /** Sends the sessions up to this part of all; batches of several in turn. */
  void sendUntil(int part, int parts) {
    int until = sessions.size() * part / parts;
    // One request in flight, as the collector has.
    Map<String, Object> config = new HashMap<>(Map.of("bootstrap.servers", brokers));
    ProducerGuarantees.putInto(config);
    List<List<RawEventBatch>> some = sessions.subList(sent, until);
    try (KafkaProducer<String, RawEventBatch> producer =
        new KafkaProducer<>(
            config, new StringSerializer(), new AvroSerializer<>(RawEventBatch.class, registry))) {
      int longest = some.stream().mapToInt(List::size).max().orElse(0);
      for (int i = 0; i < longest; i++) {
        for (List<RawEventBatch> session : some) {
          if (i < session.size()) {
            String key = BackendKey.of(session.get(i).getBackend());
            producer.send(new ProducerRecord<>(Topics.RAW_EVENTS, key, session.get(i)));
          }
        }
      }
    }
    sent = until;
  }

  /**
   * What was committed is, to the byte, what comes of the sessions undisturbed.
   *
   * @param logs what those who stitch have said, for the message if it is not
   */
  void assertStitchedOnce(Supplier<String> logs) {
    UndisturbedRun run = new UndisturbedRun();
    assertThat(
            read(
                Topics.RAW_EVENTS,
                RawEventBatch.class,
                batches,
                record -> {
                  run.accept(record);
                  return 1;
                }))
        .isEqualTo(batches);
    assertSampledWithoutLoss(run);
    assertSame(
        byPid(Topics.QUERY_TRACES, QueryTrace.class, List::of, QueryTrace::getBackend, run.kept),
        run.kept,
        logs);
    assertSame(
        byPid(
            Topics.TRACE_RECORDS,
            TraceRecords.class,
            ApartRecords::of,
            TraceRecords::getBackend,
            run.records),
        run.records,
        logs);
  }

  /** Numbers first: what is missing is seen in them, and the records are millions of characters. */
  private <T> void assertSame(
      Map<Integer, List<T>> found, Map<Integer, List<T>> expected, Supplier<String> logs) {
    assertThat(sizes(found))
        .as(() -> BrokerState.of(brokers, SeveralInstancesIT.GROUP, partitions) + logs.get())
        .isEqualTo(sizes(expected));
    expected.forEach((pid, records) -> assertThat(found.get(pid)).isEqualTo(records));
  }

  private static <T> Map<Integer, Integer> sizes(Map<Integer, List<T>> byPid) {
    Map<Integer, Integer> sizes = new TreeMap<>();
    byPid.forEach((pid, records) -> sizes.put(pid, records.size()));
    return sizes;
  }

  /** What sampling keeps and what it leaves out is together what is stitched without it. */
  private void assertSampledWithoutLoss(UndisturbedRun run) {
    assertThat(run.records).isEqualTo(records);
    long all = count(traces);
    assertThat(count(run.kept) + count(run.leftOut) + run.undecided()).isEqualTo(all);
    for (Counter each :
        List.of(Counter.LEFT_OUT, Counter.KEPT_SHARE, Counter.KEPT_LOCK, Counter.KEPT_NO_RULE)) {
      assertThat(run.count(each)).as(each.label()).isGreaterThan(all / 100);
    }
    assertThat(count(run.leftOut)).isEqualTo(run.count(Counter.LEFT_OUT));
  }

  private static <T> long count(Map<Integer, List<T>> byPid) {
    return byPid.values().stream().mapToLong(List::size).sum();
  }

  /** Committed records by pid, once there are as many as expected and for two seconds after. */
  private <T extends SpecificRecord> Map<Integer, List<T>> byPid(
      String topic,
      Class<T> type,
      Function<T, List<T>> apart,
      Function<T, Backend> backend,
      Map<Integer, List<T>> expected) {
    Map<Integer, List<T>> found = new HashMap<>();
    read(
        topic,
        type,
        count(expected),
        record -> {
          int pid = backend.apply(record.value()).getPid();
          List<T> each = apart.apply(record.value());
          found.computeIfAbsent(pid, p -> new ArrayList<>()).addAll(each);
          return each.size();
        });
    return found;
  }

  /**
   * Reads until there are as many as wanted and for two seconds after.
   *
   * @param taker says for how many a record counts
   * @return how many there are
   */
  private <T extends SpecificRecord> long read(
      String topic, Class<T> type, long wanted, ToIntFunction<ConsumerRecord<String, T>> taker) {
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
    long count = 0;
    try (KafkaConsumer<String, T> consumer =
        new KafkaConsumer<>(
            config, new StringDeserializer(), new AvroDeserializer<>(type, registry))) {
      consumer.subscribe(List.of(topic));
      long end = System.nanoTime() + PATIENCE.toNanos();
      long after = Long.MAX_VALUE;
      while (System.nanoTime() < Math.min(end, after)) {
        for (var record : consumer.poll(Duration.ofMillis(200))) {
          count += taker.applyAsInt(record);
        }
        if (count >= wanted && after == Long.MAX_VALUE) {
          after = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
        }
      }
    }
    return count;
  }
}
