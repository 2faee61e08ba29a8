package io.pgstitch.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import io.pgstitch.bpf.Levels;
import io.pgstitch.collector.send.SpoolingSender;
import io.pgstitch.collector.spool.Framing;
import io.pgstitch.collector.spool.SpoolSettings;
import io.pgstitch.schema.BundledSchemaRegistry;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.Topics;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.apache.avro.SchemaNormalization;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/** What the collector uses for an event, alive and with recorded events played at full speed. */
final class CollectorMeasure implements Measure {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int LEVEL = 12;

  /** Less than the smallest object for each event. */
  private static final Target NO_OBJECT = Target.atMost(16);

  /**
   * Its own processor time is measured here, not the server's, and the optimising compiler comes
   * late in a collector.
   */
  private static final int SETTLING = 3;

  /**
   * Events that it has sent before it is measured, however slow the machine is: some 200,000
   * statements, when what is done for each has been compiled for the last time.
   */
  private static final long SETTLED_AFTER = 5_000_000;

  /**
   * A time of a busy server.
   *
   * @param cpuNanos that the collector used
   * @param sent what it sent
   */
  private record Busy(long cpuNanos, TopicTally sent) {
    static Busy of(Child collector, Broker broker, Database database, long seconds)
        throws InterruptedException {
      try (KafkaConsumer<byte[], byte[]> topic = broker.rawEventsFromNow(Duration.ofMillis(5))) {
        long before = collector.cpuNanos();
        database
            .server()
            .client()
            .pgbench("-n", "-S", "-c", "8", "-T", String.valueOf(seconds), "postgres");
        TimeUnit.MILLISECONDS.sleep(500);
        long used = collector.cpuNanos() - before;
        TopicTally sent = TopicTally.read(topic);
        if (sent.events() == 0) {
          throw new IllegalStateException("no event came: " + collector.errors());
        }
        return new Busy(used, sent);
      }
    }
  }

  @Override
  public String name() {
    return "collector";
  }

  @Override
  public String what() {
    return "processor time for an event from the ring to its acknowledged record, highest rate"
        + " without loss, allocation";
  }

  @Override
  public void run(Run run) throws Exception {
    Database database = run.open(Database.start());
    Broker broker = run.open(Broker.start(run));
    alive(run, broker, database);
    run.say("collector: recording events");
    String transactions = String.valueOf(8_000 / 8 / run.effort().scale());
    RingRecording recording =
        RingRecording.of(
            Math.toIntExact(database.pid()),
            LEVEL & Levels.TRACE,
            () ->
                database
                    .server()
                    .client()
                    .pgbench("-n", "-S", "-c", "8", "-t", transactions, "postgres"));
    run.say("collector: playing them without Kafka");
    PlayedAllocation allocation = PlayedAllocation.of(recording);
    run.found(Figure.of("collector.played.allocation", Samples.of(allocation.all()), "B/event"));
    run.found(
        Figure.of(
                "collector.played.allocation-beside-records",
                Samples.of(allocation.besideRecords()),
                "B/event")
            .against(NO_OBJECT));
    played(run, broker, recording);
  }

  /** A collector process at a level with details, beside a busy server. */
  private static void alive(Run run, Broker broker, Database database) throws Exception {
    List<Double> cpu = new ArrayList<>();
    List<Double> memory = new ArrayList<>();
    long lost = 0;
    long seconds = Math.max(4, run.effort().windowMillis() / 1000);
    try (Child collector =
        CollectorProcess.start(run, broker, database, List.of("level=" + LEVEL, "detail=phases"))) {
      run.say("collector: alive, settling");
      long events = 0;
      for (int window = 0; window < SETTLING || events < SETTLED_AFTER; window++) {
        TopicTally sent = Busy.of(collector, broker, database, run.effort().settleSeconds()).sent();
        events += sent.events();
        lost += sent.lost();
      }
      for (int round = 1; round <= run.effort().rounds(); round++) {
        run.say("collector: alive, round " + round + " of " + run.effort().rounds());
        Busy busy = Busy.of(collector, broker, database, seconds);
        lost += busy.sent().lost();
        cpu.add(busy.cpuNanos() / 1e3 / busy.sent().events());
        memory.add(collector.memoryBytes() / 1e6);
      }
      collector.stop();
    }
    run.found(
        Figure.of("collector.alive.cpu", Samples.of(cpu), "us/event").against(Target.atMost(0.5)));
    run.found(Figure.of("collector.alive.memory", Samples.of(memory), "MB"));
    run.found(
        Figure.of("collector.alive.lost", Samples.of((double) lost), "events")
            .against(Target.atMost(0)));
  }

  /** As fast as Kafka acknowledges: what is not taken is offered again, so nothing is lost. */
  private static void played(Run run, Broker broker, RingRecording recording) throws Exception {
    int schemaId;
    try (BundledSchemaRegistry registry = new BundledSchemaRegistry()) {
      schemaId = registry.idOf(Topics.subjectOf(Topics.RAW_EVENTS), RawEventBatch.getClassSchema());
    }
    SpoolSettings noSpool = new SpoolSettings(run.directory("spool"), 0, 0);
    Framing framing =
        new Framing(
            schemaId, SchemaNormalization.parsingFingerprint64(RawEventBatch.getClassSchema()));
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    List<Double> rates = new ArrayList<>();
    List<Double> cpu = new ArrayList<>();
    try (SpoolingSender sender =
        SpoolingSender.start(Map.of("bootstrap.servers", broker.address()), noSpool, framing)) {
      LongAdder batches = new LongAdder();
      LongAdder events = new LongAdder();
      Playback playback =
          new Playback(
              recording,
              schemaId,
              batch -> {
                while (!sender.take(batch)) {
                  LockSupport.parkNanos(100_000);
                }
                batches.increment();
                events.add(batch.events());
                return true;
              });
      for (int round = 0; round <= run.effort().rounds(); round++) {
        run.say("collector: played, round " + round + " of " + run.effort().rounds());
        long began = System.nanoTime();
        long cpuBefore = system.getProcessCpuTime();
        long before = events.sum();
        while (System.nanoTime() - began < run.effort().windowMillis() * 1_000_000) {
          playback.play();
        }
        awaitAcknowledged(sender, batches.sum());
        long played = events.sum() - before;
        if (round > 0) {
          rates.add(played * 1e9 / (System.nanoTime() - began));
          cpu.add((system.getProcessCpuTime() - cpuBefore) / 1e3 / played);
        }
      }
    }
    run.found(Figure.of("collector.played.rate", Samples.of(rates), "events/s"));
    run.found(
        Figure.of("collector.played.cpu", Samples.of(cpu), "us/event").against(Target.atMost(0.5)));
  }

  private static void awaitAcknowledged(SpoolingSender sender, long batches)
      throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (sender.acknowledged() < batches) {
      if (System.nanoTime() > deadline || sender.failure() != null) {
        throw new IllegalStateException(
            sender.acknowledged() + " of " + batches + " batches were acknowledged");
      }
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }
}
