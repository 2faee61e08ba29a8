package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.bpf.BindRecord;
import io.pgstitch.bpf.Detail;
import io.pgstitch.bpf.KernelEvent;
import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.collector.host.BackendProbe;
import io.pgstitch.collector.host.PostgresServer;
import io.pgstitch.collector.host.Procfs;
import io.pgstitch.collector.host.ServerFinder;
import io.pgstitch.collector.postgres.FactSource;
import io.pgstitch.collector.probe.BinaryAttacher;
import io.pgstitch.collector.probe.BinaryDescriber;
import io.pgstitch.collector.probe.Probe;
import io.pgstitch.collector.probe.ProbeCatalogue;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Backends write to several rings, and whoever reads gets one order: the events of a backend as it
 * numbered them, those of two by their time. A reader that sleeps is woken, whichever ring it is.
 */
final class SeveralRingsIT {
  private static final int RING_BYTES = 16 << 20;
  private static final int BUFFER_BYTES = 1 << 20;
  private static final int SESSIONS = 6;
  private static final int STATEMENTS = 2_000;
  private static final int DETAILED = 4;

  /** What a program took between the clock and its place in the ring, on a busy machine. */
  private static final long NANOS_APART = TimeUnit.MILLISECONDS.toNanos(1);

  /** Each session waits until the statement before was read. */
  private static final int ONE_BY_ONE = 500;

  /** A reader that is woken does not sleep so long, wherever this test runs. */
  private static final Duration TOO_LONG = Duration.ofSeconds(20);

  private static ThrowawayPostgres server;

  /** Told when the reader sees that a session's command has ended. */
  private final Map<Integer, Semaphore> commandsEnded = new ConcurrentHashMap<>();

  private final KernelEvent event = new KernelEvent();
  private final ByteBuffer buffer =
      ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.nativeOrder());
  private final Map<Integer, Long> numbers = new TreeMap<>();
  private final List<String> wrong = new ArrayList<>();
  private long events;
  private long finished;
  private long latest;
  private long late;

  @BeforeAll
  static void startServer() {
    server = ThrowawayPostgres.builder(PostgresInstallations.ofMajor(17)).start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  /** It falls asleep whenever it has read all, while each session goes on as soon as it has. */
  @Test
  void aReaderThatSleepsIsWokenByEveryEvent() throws Exception {
    AtomicInteger working = new AtomicInteger(SESSIONS);
    int slept = 0;
    try (KernelPrograms programs = KernelPrograms.load(RING_BYTES)) {
      attach(programs);
      for (int i = 0; i < SESSIONS; i++) {
        Runnable client =
            () -> {
              workOneByOne();
              working.decrementAndGet();
              programs.wake();
            };
        new Thread(client).start();
      }
      while (working.get() > 0) {
        if (!drain(programs)) {
          slept++;
          assertThat(programs.sleep(TOO_LONG)).as("woken in time").isTrue();
        }
      }
      while (drain(programs)) {
        // What came since.
      }
      assertThat(programs.losses(KernelPrograms.LOSS_RING_FULL)).isZero();
    }

    assertThat(slept).isGreaterThan(ONE_BY_ONE / 2);
    assertThat(wrong).isEmpty();
    assertThat(finished).isEqualTo((long) SESSIONS * (ONE_BY_ONE + 1));
  }

  @Test
  void eventsOfManyBackendsComeInTheOrderOfTheirTime() throws Exception {
    try (KernelPrograms programs = KernelPrograms.load(RING_BYTES)) {
      attach(programs);
      List<Thread> clients = new ArrayList<>();
      for (int i = 0; i < SESSIONS; i++) {
        clients.add(new Thread(SeveralRingsIT::work));
      }
      clients.forEach(Thread::start);
      while (clients.stream().anyMatch(Thread::isAlive)) {
        drain(programs);
        TimeUnit.MILLISECONDS.sleep(4);
      }
      while (drain(programs)) {
        // What came since.
      }
      assertThat(programs.losses(KernelPrograms.LOSS_RING_FULL)).isZero();
    }

    assertThat(wrong).isEmpty();
    assertThat(numbers).hasSizeGreaterThanOrEqualTo(SESSIONS);
    assertThat(events).isGreaterThan((long) SESSIONS * STATEMENTS * 10);
    // Ring after ring, most of what all but the first have would come late by up to 4 ms.
    assertThat(late).as("of %d events", events).isLessThan(events / 100);
  }

  private static void attach(KernelPrograms programs) throws Exception {
    int pid = Math.toIntExact(server.postmasterPid());
    Procfs procfs = Procfs.system();
    PostgresServer found = new ServerFinder(procfs).server(pid).orElseThrow();
    programs.switches().putRun(true, DETAILED, Detail.PHASES);
    programs.switches().addTarget(pid);
    programs.switches().putRules(true, List.of());
    new BinaryAttacher(
            programs,
            ProbeCatalogue.load(),
            Probe.Tier.ofDefaultLevel(DETAILED, Detail.PHASES),
            new BackendProbe(procfs),
            new BinaryDescriber(programs, BindRecord.MOST_BYTES, 0),
            FactSource.builtIn())
        .attach(found, 0, true);
  }

  private static void work() {
    try (SqlSession session = new SqlSession(server)) {
      for (int i = 0; i < STATEMENTS; i++) {
        session.run("select 1");
      }
    }
  }

  private void workOneByOne() {
    try (SqlSession session = new SqlSession(server)) {
      Semaphore ended = commandsEnded(session.pid());
      for (int i = 0; i < ONE_BY_ONE; i++) {
        ended.drainPermits();
        session.run("select 1");
        if (!ended.tryAcquire(TOO_LONG.toSeconds(), TimeUnit.SECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Semaphore commandsEnded(int pid) {
    return commandsEnded.computeIfAbsent(pid, p -> new Semaphore(0));
  }

  private boolean drain(KernelPrograms programs) {
    programs.drain(buffer);
    for (int at = 0; at < buffer.limit(); at = event.next()) {
      event.moveTo(buffer, at);
      take();
    }
    return buffer.limit() > 0;
  }

  private void take() {
    switch (event.kind()) {
      case KernelEvent.ACTIVITY, KernelEvent.ENTRY, KernelEvent.EXIT, KernelEvent.COMMAND_END -> {
        Long before = numbers.put(event.pid(), event.sequence());
        if (before != null && event.sequence() <= before) {
          wrong.add(event.pid() + ": " + event.sequence() + " after " + before);
        }
        events++;
        if (event.kind() == KernelEvent.COMMAND_END) {
          finished++;
          commandsEnded(event.pid()).release();
        }
        late += latest - event.timeNanos() > NANOS_APART ? 1 : 0;
        latest = Math.max(latest, event.timeNanos());
      }
      default -> {
        // Its time is none at which something was put into the ring.
      }
    }
  }
}
