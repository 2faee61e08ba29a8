package io.pgstitch.collector;

import io.pgstitch.bpf.HostClock;
import io.pgstitch.bpf.KernelEvent;
import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.bpf.SettingRecord;
import io.pgstitch.collector.encode.BackendStream;
import io.pgstitch.collector.encode.ByNumber;
import io.pgstitch.collector.encode.RelationNames;
import io.pgstitch.collector.probe.AttachedBinary;
import io.pgstitch.collector.probe.LayoutContradiction;
import io.pgstitch.collector.probe.SessionProbes;
import io.pgstitch.schema.ClockAnchor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that moves events from the kernel's rings to batches. While events come it looks every
 * few milliseconds, so that a traced backend does not pay for waking a reader. While none come it
 * sleeps, so that a server that is not traced pays nothing; the next event wakes it.
 */
final class EventPump implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(EventPump.class);
  private static final int BUFFER_BYTES = 4 << 20;

  /** After so many bytes there may be more. */
  private static final int MUCH = BUFFER_BYTES / 4;

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(4);
  private static final long LONGEST_SLEEP = TimeUnit.SECONDS.toNanos(1);

  private final KernelPrograms programs;
  private final BackendStreams streams;
  private final RelationNames relations;
  private final WaitWatch waits;
  private final LifeSigns life;
  private final LockHolders holders;
  private final long flushNanos;
  private final ByteBuffer buffer =
      ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.nativeOrder());
  private final KernelEvent event = new KernelEvent();
  private final ByNumber<Session> byPid = new ByNumber<>();
  private final SettingLog settings = new SettingLog();
  private final ServerWatch servers;
  private final SessionProbes sessions;
  private final SeenSessions seen;
  private volatile boolean stopping;
  private final LongAdder backendsSeen = new LongAdder();
  private final LongAdder lost = new LongAdder();
  private final LongAdder unknownBackend = new LongAdder();
  private volatile Throwable failure;

  private record Session(BackendStream stream, AttachedBinary binary) {}

  /**
   * @param relations learns what backends opened
   * @param waits told of backends that come and go
   * @param holders told of them, too
   */
  EventPump(
      KernelPrograms programs,
      BackendStreams streams,
      ServerWatch servers,
      SessionProbes sessions,
      SeenSessions seen,
      RelationNames relations,
      WaitWatch waits,
      LockHolders holders,
      Duration flushInterval) {
    this.holders = holders;
    this.relations = relations;
    this.waits = waits;
    this.programs = programs;
    this.life = new LifeSigns(programs::openWait);
    this.streams = streams;
    this.servers = servers;
    this.sessions = sessions;
    this.seen = seen;
    this.flushNanos = flushInterval.toNanos();
  }

  @Override
  public void run() {
    if (!KernelPrograms.preferThisThread()) {
      LOG.info("without CAP_SYS_NICE: on a busy host more events may be lost");
    }
    try {
      PumpPace pace = new PumpPace(flushNanos, System.nanoTime());
      boolean sent = false;
      while (!stopping) {
        int bytes = drain();
        long now = System.nanoTime();
        if (bytes > 0) {
          pace.news(now);
        }
        // The first events are not kept: whoever has just begun to trace waits for them.
        boolean first = !sent && byPid.size() > 0;
        if (first || pace.untilFlush(now) <= 0) {
          sent |= first;
          flush();
          pace.flushed(System.nanoTime());
        }
        if (bytes <= MUCH) {
          pause(pace, now);
        }
      }
      while (drain() > MUCH) {
        // What was in the rings when the probes were taken away.
      }
      flush();
    } catch (RuntimeException | Error e) {
      failure = e;
      LOG.error("the collector stopped reading events: {}", e.toString(), e);
    }
  }

  private void pause(PumpPace pace, long now) {
    if (!pace.maySleep(now)) {
      LockSupport.parkNanos(PAUSE_NANOS);
      return;
    }
    // What is done without events is done with a flush.
    long due = Math.max(life.untilDue(clock().getMonotonicNs()), pace.untilFlush(now));
    boolean disturbed = programs.sleep(Duration.ofNanos(Math.min(due, LONGEST_SLEEP)));
    pace.slept();
    if (disturbed) {
      pace.news(System.nanoTime());
    }
  }

  /** Takes what is in the rings; returns its bytes. */
  private int drain() {
    programs.drain(buffer);
    int limit = buffer.limit();
    if (limit > 0) {
      ClockAnchor clock = clock();
      for (int at = 0; at < limit; at = event.next()) {
        event.moveTo(buffer, at);
        accept(event, clock);
      }
    }
    return limit;
  }

  private void accept(KernelEvent e, ClockAnchor clock) {
    if (e.kind() == KernelEvent.RELATION) {
      relations.learn(e.relation());
      return;
    }
    if (e.kind() == KernelEvent.LAYOUT) {
      servers.contradicted(e.layout().binary(), e.pid(), LayoutContradiction.of(e.layout()));
      return;
    }
    Session session = byPid.get(e.pid());
    if (e.kind() == KernelEvent.SESSION) {
      if (session != null) {
        // The pid was used again and the end of the first process was lost.
        session.stream.flush(clock);
        sessions.ended(e.pid());
      }
      open(e);
      return;
    }
    if (session == null) {
      unknownBackend.increment();
      return;
    }
    if (e.kind() == KernelEvent.LOCK_SLEEP) {
      int server = session.stream.backend().getPostmasterPid();
      session.stream.lockSleeps(e, pid -> holders.waitedFor(pid, server));
      return;
    }
    if (e.kind() == KernelEvent.SETTING && !keeps(e, session)) {
      return;
    }
    BackendStream stream = session.stream;
    if (e.level() != stream.level()) {
      seen.changed(e.pid(), e.level());
      plant(e, session.binary);
      waits.level(e.pid(), e.level());
    }
    long before = stream.lost();
    stream.accept(e, clock);
    lost.add(stream.lost() - before);
    if (stream.ended()) {
      stream.flush(clock);
      byPid.remove(e.pid());
      seen.ended(e.pid());
      waits.ended(e.pid());
      holders.ended(e.pid());
      life.ended(e.pid());
      sessions.ended(e.pid());
    }
  }

  private void open(KernelEvent e) {
    Session session = new Session(streams.open(e), servers.binary(e.session().binary()));
    byPid.put(e.pid(), session);
    holders.opened(session.stream);
    waits.began(e.pid(), e.session().waitWord(), e.level());
    seen.opened(session.stream.backend(), e.level());
    backendsSeen.increment();
    plant(e, session.binary);
  }

  /** What the level asks for is planted by another thread; its failures are logged there. */
  private void plant(KernelEvent e, AttachedBinary binary) {
    CompletableFuture<Void> unused = sessions.levelOf(e.pid(), binary, e.level());
  }

  /** Whether a setting is an event of the stream, too. */
  private boolean keeps(KernelEvent e, Session session) {
    if (e.setting().cause() == SettingRecord.CAUSE_SETTLED) {
      sessions.settled(e.pid(), e.setting().level());
      return false;
    }
    settings.add(e, session.stream.backend());
    return true;
  }

  private void flush() {
    ClockAnchor clock = clock();
    byPid.forEach(session -> session.stream.flush(clock));
    if (life.isDue(clock.getMonotonicNs())) {
      byPid.forEach(session -> life.look(session.stream.backend().getPid(), session.stream, clock));
    }
  }

  private static ClockAnchor clock() {
    return new ClockAnchor(HostClock.monotonicNanos(), HostClock.utcNanos());
  }

  /** Ends the thread once the rings are empty. */
  void stop() {
    stopping = true;
    programs.wake();
  }

  ControlStatus control() {
    return settings.status(sessions.count());
  }

  long backendsSeen() {
    return backendsSeen.sum();
  }

  long lost() {
    return lost.sum();
  }

  long unknownBackend() {
    return unknownBackend.sum();
  }

  /** What ended the thread before its time, or null. */
  Throwable failure() {
    return failure;
  }
}
