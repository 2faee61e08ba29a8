package io.pgstitch.collector.send;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.collector.encode.EncodedBatch;
import io.pgstitch.collector.spool.Framing;
import io.pgstitch.collector.spool.Spool;
import io.pgstitch.collector.spool.SpoolSettings;
import io.pgstitch.collector.spool.SpoolStatus;
import io.pgstitch.collector.spool.TestBatches;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The courier against a broker that stops, breaks and answers late, on a clock of its own. */
final class BatchCourierTest {
  private static final Framing FRAMING = new Framing(TestBatches.SCHEMA, 1);
  private static final long MEBIBYTE = 1 << 20;
  private static final int RUNS = 25;

  @TempDir Path dir;
  private long now = 1_000;

  private Spool spool(Path path, long maxBytes) {
    return Spool.open(new SpoolSettings(path, maxBytes, 0), FRAMING);
  }

  private BatchCourier courier(SimulatedBroker broker, Spool spool) {
    return new BatchCourier(broker, spool, () -> now);
  }

  private void tick(long millis) {
    now += TimeUnit.MILLISECONDS.toNanos(millis);
  }

  /** Turns until all is delivered. */
  private void drain(BatchCourier courier, SimulatedBroker broker) {
    broker.up = true;
    broker.refusing = false;
    for (int i = 0; i < 300 || (i < 20_000 && !broker.isIdle()); i++) {
      broker.work();
      tick(50);
      courier.turn();
    }
    assertThat(broker.isIdle()).isTrue();
  }

  /** What the processor keeps: a batch of which all was seen before is dropped. */
  private static List<EncodedBatch> withoutRepeats(List<EncodedBatch> stored) {
    Map<Integer, Long> last = new HashMap<>();
    List<EncodedBatch> kept = new ArrayList<>();
    for (EncodedBatch batch : stored) {
      long before = last.getOrDefault(batch.pid(), 0L);
      if (batch.lastSequence() > before) {
        assertThat(batch.firstSequence()).as("no batch is cut").isGreaterThan(before);
        kept.add(batch);
        last.put(batch.pid(), batch.lastSequence());
      }
    }
    return kept;
  }

  private static List<String> names(List<EncodedBatch> batches) {
    return batches.stream().map(b -> b.pid() + ":" + b.firstSequence()).toList();
  }

  private static void assertGapsAreMarked(List<EncodedBatch> kept, SpoolStatus status) {
    Map<Integer, Long> last = new HashMap<>();
    long lost = 0;
    for (EncodedBatch batch : kept) {
      long gap = batch.firstSequence() - 1 - last.getOrDefault(batch.pid(), 0L);
      assertThat(batch.lostBefore()).as("before %s", batch.firstSequence()).isEqualTo(gap);
      assertThat(batch.droppedBefore()).isEqualTo(gap);
      last.put(batch.pid(), batch.lastSequence());
      lost += gap;
    }
    assertThat(lost).isEqualTo(status.droppedEvents());
  }

  @Test
  void everyBatchArrivesOnceAndInOrderHoweverOftenKafkaIsAway() {
    long outages = 0;
    for (int run = 0; run < RUNS; run++) {
      Random random = new Random(run);
      TestBatches batches = new TestBatches(run, 4);
      SimulatedBroker broker = new SimulatedBroker(random);
      List<EncodedBatch> offered = new ArrayList<>();
      try (Spool spool = spool(dir.resolve("run" + run), 64 * MEBIBYTE)) {
        BatchCourier courier = courier(broker, spool);
        for (int i = 0; i < 400; i++) {
          broker.up = random.nextInt(60) == 0 ? !broker.up : broker.up;
          broker.refusing = random.nextInt(50) == 0 ? !broker.refusing : broker.refusing;
          offer(courier, batches, random, offered);
          courier.turn();
          broker.work();
          tick(random.nextInt(400));
          outages += courier.status().batches() > 0 ? 1 : 0;
        }
        drain(courier, broker);
        assertThat(names(broker.stored)).as("run %d", run).isEqualTo(names(offered));
        assertThat(courier.acknowledged()).isEqualTo(offered.size());
        assertThat(courier.status().droppedBatches()).isZero();
        assertThat(courier.status().batches()).isZero();
        assertThat(courier.status().bytes()).isZero();
      }
    }
    assertThat(outages).isGreaterThan(RUNS);
  }

  @Test
  void aBrokenLinkRepeatsButLosesNothing() {
    long breaks = 0;
    for (int run = 0; run < RUNS; run++) {
      Random random = new Random(run);
      TestBatches batches = new TestBatches(run, 4);
      SimulatedBroker broker = new SimulatedBroker(random);
      List<EncodedBatch> offered = new ArrayList<>();
      try (Spool spool = spool(dir.resolve("run" + run), 64 * MEBIBYTE)) {
        BatchCourier courier = courier(broker, spool);
        for (int i = 0; i < 300; i++) {
          broker.up = random.nextInt(40) == 0 ? !broker.up : broker.up;
          if (random.nextInt(30) == 0) {
            broker.breakDown();
            breaks++;
          }
          offer(courier, batches, random, offered);
          courier.turn();
          broker.work();
          tick(random.nextInt(400));
        }
        drain(courier, broker);
        assertThat(names(withoutRepeats(broker.stored)))
            .as("run %d", run)
            .isEqualTo(names(offered));
        assertThat(courier.status().batches()).isZero();
      }
    }
    assertThat(breaks).isGreaterThan(RUNS);
  }

  @Test
  void aKilledProcessLosesNothingThatReachedTheSpool() throws IOException {
    int kills = 0;
    for (int run = 0; run < RUNS; run++) {
      Random random = new Random(run);
      TestBatches batches = new TestBatches(run, 4);
      SimulatedBroker broker = new SimulatedBroker(random);
      List<EncodedBatch> offered = new ArrayList<>();
      Path path = dir.resolve("run" + run);
      Spool spool = spool(path, 64 * MEBIBYTE);
      BatchCourier courier = courier(broker, spool);
      for (int i = 0; i < 300; i++) {
        broker.up = random.nextInt(40) == 0 ? !broker.up : broker.up;
        offer(courier, batches, random, offered);
        courier.turn();
        broker.work();
        tick(random.nextInt(400));
        if (courier.isSpooling() && random.nextInt(10) == 0) {
          broker.close(Duration.ZERO);
          Path copy = copy(path, dir.resolve("run" + run + "-" + i));
          spool.close();
          path = copy;
          spool = spool(path, 64 * MEBIBYTE);
          courier = courier(broker, spool);
          kills++;
        }
      }
      drain(courier, broker);
      assertThat(names(withoutRepeats(broker.stored))).as("run %d", run).isEqualTo(names(offered));
      spool.close();
    }
    assertThat(kills).isGreaterThan(RUNS / 2);
  }

  @Test
  void whatDoesNotFitIsCountedAndMarked() {
    long dropped = 0;
    for (int run = 0; run < 8; run++) {
      Random random = new Random(run);
      TestBatches batches = new TestBatches(run, 4);
      SimulatedBroker broker = new SimulatedBroker(random);
      List<EncodedBatch> offered = new ArrayList<>();
      try (Spool spool = spool(dir.resolve("run" + run), run % 4 == 0 ? 0 : MEBIBYTE)) {
        BatchCourier courier = courier(broker, spool);
        for (int i = 0; i < 500; i++) {
          broker.refusing = random.nextInt(100) == 0 ? !broker.refusing : broker.refusing;
          for (int n = 0; n < 3; n++) {
            EncodedBatch batch = batches.next(20_000);
            offered.add(batch);
            courier.taken().add(batch);
          }
          courier.turn();
          broker.work();
          tick(20);
        }
        // Each backend's last batch takes along what was lost before it.
        drain(courier, broker);
        for (int backend = 0; backend < 200; backend++) {
          EncodedBatch batch = batches.next(10);
          offered.add(batch);
          courier.taken().add(batch);
        }
        drain(courier, broker);
        SpoolStatus status = courier.status();
        assertThat(broker.stored).hasSize(offered.size() - (int) status.droppedBatches());
        assertThat(names(withoutRepeats(broker.stored))).isEqualTo(names(broker.stored));
        assertGapsAreMarked(broker.stored, status);
        dropped += status.droppedBatches();
      }
    }
    assertThat(dropped).isPositive();
  }

  @Test
  void aBatchThatKafkaNeverTakesIsCountedAndTheRestGoesOn() {
    SimulatedBroker broker = new SimulatedBroker(new Random(1));
    TestBatches batches = new TestBatches(1, 1);
    try (Spool spool = spool(dir.resolve("spool"), MEBIBYTE)) {
      BatchCourier courier = courier(broker, spool);
      broker.neverTakes = true;
      courier.taken().add(batches.next(100));
      courier.turn();
      broker.neverTakes = false;
      courier.taken().add(batches.next(100));
      drain(courier, broker);
      assertThat(courier.refused()).isEqualTo(1);
      assertThat(courier.acknowledged()).isEqualTo(1);
      assertThat(broker.stored).hasSize(1);
      assertThat(broker.closed).isZero();
    }
  }

  @Test
  void nothingIsWrittenToDiskWhileKafkaAnswers() throws IOException {
    SimulatedBroker broker = new SimulatedBroker(new Random(1));
    TestBatches batches = new TestBatches(1, 4);
    List<EncodedBatch> offered = new ArrayList<>();
    Path path = dir.resolve("spool");
    try (Spool spool = spool(path, MEBIBYTE)) {
      BatchCourier courier = courier(broker, spool);
      for (int i = 0; i < 1_000; i++) {
        offer(courier, batches, new Random(i), offered);
        courier.turn();
        broker.work();
        tick(5);
      }
      try (Stream<Path> files = Files.list(path)) {
        assertThat(files.map(f -> f.getFileName().toString()))
            .containsExactlyInAnyOrder("lock", "acknowledged");
      }
    }
  }

  private static void offer(
      BatchCourier courier, TestBatches batches, Random random, List<EncodedBatch> offered) {
    for (int n = random.nextInt(4); n > 0; n--) {
      EncodedBatch batch = batches.next(500);
      offered.add(batch);
      courier.taken().add(batch);
    }
  }

  private static Path copy(Path from, Path to) throws IOException {
    Files.createDirectory(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
    return to;
  }
}
