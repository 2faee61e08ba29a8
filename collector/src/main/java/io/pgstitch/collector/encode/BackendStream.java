package io.pgstitch.collector.encode;

import io.pgstitch.bpf.KernelEvent;
import io.pgstitch.bpf.Levels;
import io.pgstitch.bpf.WaitNow;
import io.pgstitch.collector.mask.LiteralMask;
import io.pgstitch.collector.postgres.ServerEncoding;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.ClockAnchor;
import io.pgstitch.schema.SamplingRule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * One backend's events on their way into batches. It follows their sequence: a gap ends the batch,
 * and the next one says how much was lost; a change of the level ends it, too. Not thread-safe.
 */
public final class BackendStream {
  /** A batch that has grown to this many bytes is sent without waiting for the interval. */
  private static final int FULL = 256 * 1024;

  private final Backend backend;
  private final StreamSettings settings;
  private final BatchSink sink;
  private final StringTable strings = new StringTable();
  private final EventEncoder events = new EventEncoder(strings);
  private final LockSleep sleep = new LockSleep(strings);
  private final HolderView asHolder;
  private final EventTranslator translator;
  private final CounterDifferences counters;
  private final BatchEncoder batches;
  private final WaitedFor waitedFor = new WaitedFor();
  private boolean open;
  private boolean ended;
  private long lastNanos;
  private long firstSequence;
  private long lastSequence;
  private long lostBefore;
  private long droppedBefore;
  private long lost;
  private long baseNanos;
  private long lastCpuNanos;
  private long stackBase;
  private int level;
  private SamplingRule rule;

  /**
   * What is the same for all streams of a collector.
   *
   * @param schemaId id under which the batches' schema is registered
   * @param epochNanos CLOCK_MONOTONIC of the attachment
   * @param mask what takes the data out of statements; empty: all of it is sent
   * @param sampling the sampling rule that is in force for a backend now, null for none
   */
  public record StreamSettings(
      int schemaId,
      long epochNanos,
      Optional<LiteralMask> mask,
      Function<Backend, SamplingRule> sampling) {}

  /**
   * @param session the SESSION record of the backend
   * @param encoding in which the backend keeps its texts
   * @param relations of its server
   * @param customWaits of its server
   * @param sink takes finished batches
   */
  public BackendStream(
      Backend backend,
      KernelEvent session,
      EventNames names,
      ServerEncoding encoding,
      RelationNames.OfServer relations,
      CustomWaitNames customWaits,
      StreamSettings settings,
      BatchSink sink) {
    this.backend = backend;
    this.settings = settings;
    this.sink = sink;
    this.asHolder = new HolderView(backend, names);
    this.translator =
        new EventTranslator(
            names, encoding, relations, customWaits, settings.mask(), sleep, asHolder, events);
    this.counters = new CounterDifferences(session.session());
    this.batches = new BatchEncoder(backend, names, session.session().begunBefore(), settings);
    this.lastCpuNanos = session.cpuNanos();
    this.level = session.level();
  }

  /** Whether the process has ended. */
  public boolean ended() {
    return ended;
  }

  /** Events lost so far. */
  public long lost() {
    return lost;
  }

  /** The level of the last event, as bits of {@link Levels}. */
  public int level() {
    return level;
  }

  /** Whose events these are. */
  public Backend backend() {
    return backend;
  }

  /** Takes one record of the kernel. */
  public void accept(KernelEvent e, ClockAnchor clock) {
    try {
      switch (e.kind()) {
        case KernelEvent.TEXT -> translator.text(e);
        case KernelEvent.BUFFERS -> counters.read(e);
        case KernelEvent.PLAN_NODE -> translator.planNode(e);
        default -> {
          inForce(e, clock);
          if (e.kind() == KernelEvent.BINDS && !translator.completesBinds(e)) {
            return;
          }
          inSequence(e, clock);
          counters.writeTo(events);
          translator.translate(e);
          ended |= e.kind() == KernelEvent.BACKEND_END;
          if (events.size() >= FULL) {
            flush(clock);
          }
        }
      }
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  /**
   * It begins to wait for a lock (LOCK_SLEEP).
   *
   * @param states says what a process does now, by its pid in the server's pid namespace
   */
  public void lockSleeps(KernelEvent e, IntFunction<HolderState> states) {
    sleep.begins(e, states);
  }

  /**
   * Another backend begins to wait for a lock that this one holds.
   *
   * @param pid its own in the server's pid namespace
   * @return what it does now
   */
  public HolderState waitedFor(int pid) {
    waitedFor.at(lastSequence);
    return asHolder.now(pid, lastSequence, rule != null);
  }

  /** Whether a message or a worker's task runs, as far as the last report of activity says. */
  public boolean busy() {
    return translator.busy() && lastSequence > 0;
  }

  /** Sequence number of the last event, 0 before the first. */
  public long lastSequence() {
    return lastSequence;
  }

  /** CLOCK_MONOTONIC of the last event. */
  public long lastNanos() {
    return lastNanos;
  }

  /**
   * Says that the backend is there though it has no events.
   *
   * @param wait in which it is, or null
   * @param clock of now
   */
  public void signOfLife(WaitNow wait, ClockAnchor clock) {
    flush(clock);
    withoutEvents(wait, clock);
  }

  /** Sends a batch that covers no event: where it gets lost, nothing is. */
  private boolean withoutEvents(WaitNow wait, ClockAnchor clock) {
    long nowNanos = clock.getMonotonicNs();
    firstSequence = lastSequence + 1;
    baseNanos = nowNanos;
    events.begin(nowNanos, lastCpuNanos, stackBase);
    return sink.take(encoded(wait, clock, clock.getUtcNs() / 1_000_000));
  }

  /** Sends what there is. */
  public void flush(ClockAnchor clock) {
    if (!open) {
      // What it ran last is kept for as long as it is idle. Else the end of what it runs will tell.
      if (waitedFor.isUntold() && !busy() && lastSequence > 0 && withoutEvents(null, clock)) {
        waitedFor.told();
      }
      return;
    }
    open = false;
    long utcMillis = (clock.getUtcNs() + events.lastNanos() - clock.getMonotonicNs()) / 1_000_000;
    EncodedBatch batch = encoded(null, clock, utcMillis);
    if (sink.take(batch)) {
      lostBefore = 0;
      droppedBefore = 0;
    } else {
      lostBefore += batch.span();
      droppedBefore += batch.span();
    }
    waitedFor.toldWithEvents();
    strings.clear();
  }

  private EncodedBatch encoded(WaitNow wait, ClockAnchor clock, long utcMillis) {
    BatchHead head =
        new BatchHead(
            level,
            clock,
            firstSequence,
            lastSequence,
            lostBefore,
            droppedBefore,
            baseNanos,
            stackBase);
    return batches.encode(head, strings, events, wait, rule, waitedFor, utcMillis);
  }

  /** A batch has one level. */
  private void inForce(KernelEvent e, ClockAnchor clock) {
    if (e.level() != level) {
      flush(clock);
      level = e.level();
    }
    if (e.kind() == KernelEvent.SETTING
        && (e.setting().levelBefore() & Levels.TRACE) == 0
        && (e.setting().level() & Levels.TRACE) != 0) {
      // What was done while nothing was traced belongs to nothing.
      counters.forget();
      lastCpuNanos = e.cpuNanos();
    }
  }

  private void inSequence(KernelEvent e, ClockAnchor clock) {
    long gap = e.sequence() - lastSequence - 1;
    if (gap > 0) {
      flush(clock);
      lostBefore += gap;
      lost += gap;
      sleep.forget();
      asHolder.unseen();
    }
    if (!open) {
      open = true;
      rule = settings.sampling().apply(backend);
      firstSequence = e.sequence();
      // A wait that began unseen is all that is known before its end.
      boolean begun = e.kind() == KernelEvent.WAIT && e.waited().begunBefore();
      baseNanos = e.timeNanos() - (begun ? e.waited().durationNanos() : 0);
      // A wait has no stack; the base only has to be above what follows.
      stackBase = e.stack() != 0 ? e.stack() : stackBase;
      events.begin(baseNanos, lastCpuNanos, stackBase);
    }
    lastSequence = e.sequence();
    lastNanos = e.timeNanos();
    lastCpuNanos = e.cpuNanos();
  }
}
