package io.pgstitch.collector.encode;

import io.pgstitch.bpf.KernelEvent;
import io.pgstitch.bpf.Levels;
import io.pgstitch.bpf.PlanNodeEvent;
import io.pgstitch.bpf.WaitNow;
import io.pgstitch.collector.mask.LiteralMask;
import io.pgstitch.collector.postgres.ServerEncoding;
import io.pgstitch.schema.AvroFraming;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendKey;
import io.pgstitch.schema.ClockAnchor;
import io.pgstitch.schema.PlanNode;
import io.pgstitch.schema.SamplingRule;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumWriter;

/**
 * One backend's events on their way into batches: joins texts that came in pieces, turns totals
 * into differences, finds gaps in the sequence. A gap ends the batch, and the next one says how
 * much was lost; so does a change of the level. Not thread-safe.
 */
public final class BackendStream {
  /** A batch that has grown to this many bytes is sent without waiting for the interval. */
  private static final int FULL = 256 * 1024;

  private final Backend backend;
  private final String key;
  private final EventNames names;
  private final SourceTexts texts;
  private final WaitTargets targets;
  private final CustomWaitNames customWaits;
  private final StreamSettings settings;
  private final boolean begunBefore;
  private final BatchSink sink;

  private final StringTable strings = new StringTable();
  private final LockSleep sleep = new LockSleep(strings);
  private final HolderView asHolder;
  private final EventEncoder events = new EventEncoder(strings);
  private final WaitedFor waitedFor = new WaitedFor();
  private final PendingBinds binds;
  private final ByteArrayOutputStream pieces = new ByteArrayOutputStream();
  private final long[] buffers = new long[KernelEvent.BUFFER_COUNTERS];
  private final long[] moved = new long[KernelEvent.BUFFER_COUNTERS];
  private final long[] wal = new long[KernelEvent.WAL_COUNTERS];
  private final long[] walMade = new long[KernelEvent.WAL_COUNTERS];
  private final List<PlanNodeEvent> planNodes = new ArrayList<>();
  private boolean buffersMoved;
  private boolean open;
  private boolean ended;
  private boolean busy = true;
  private long lastNanos;
  private long firstSequence;
  private long lastSequence;
  private long lostBefore;
  private long droppedBefore;
  private int lossesAt;
  private long lost;
  private long baseNanos;
  private long lastCpuNanos;
  private long stackBase;
  private int level;
  private WaitNow openWait;
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
    this.key = BackendKey.of(backend);
    this.names = names;
    this.asHolder = new HolderView(backend, names);
    this.binds = new PendingBinds(names, encoding, settings.mask());
    this.texts = new SourceTexts(encoding, settings.mask());
    this.targets = new WaitTargets(names, relations, encoding);
    this.customWaits = customWaits;
    this.settings = settings;
    this.begunBefore = session.sessionBegunBefore();
    this.sink = sink;
    for (int i = 0; i < buffers.length; i++) {
      buffers[i] = session.sessionBuffers(i);
    }
    for (int i = 0; i < wal.length; i++) {
      wal[i] = session.sessionWal(i);
    }
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
        case KernelEvent.TEXT -> pieces.writeBytes(e.text());
        case KernelEvent.BUFFERS -> readBuffers(e);
        case KernelEvent.PLAN_NODE -> planNodes.add(e.planNode());
        default -> {
          inForce(e, clock);
          if (e.kind() == KernelEvent.BINDS && !binds.complete(e)) {
            return;
          }
          inSequence(e, clock);
          encode(e);
          pieces.reset();
          planNodes.clear();
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
    return busy && lastSequence > 0;
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
    openWait = wait;
    withoutEvents(clock);
    openWait = null;
  }

  /** Sends a batch that covers no event: where it gets lost, nothing is. */
  private boolean withoutEvents(ClockAnchor clock) {
    long nowNanos = clock.getMonotonicNs();
    firstSequence = lastSequence + 1;
    baseNanos = nowNanos;
    events.begin(nowNanos, lastCpuNanos, stackBase);
    return sink.take(encoded(clock, clock.getUtcNs() / 1_000_000));
  }

  /** Sends what there is. */
  public void flush(ClockAnchor clock) {
    if (!open) {
      // What it ran last is kept for as long as it is idle. Else the end of what it runs will tell.
      if (waitedFor.isUntold() && !busy() && lastSequence > 0 && withoutEvents(clock)) {
        waitedFor.told();
      }
      return;
    }
    open = false;
    long utcMillis = (clock.getUtcNs() + events.lastNanos() - clock.getMonotonicNs()) / 1_000_000;
    EncodedBatch batch = encoded(clock, utcMillis);
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

  private EncodedBatch encoded(ClockAnchor clock, long utcMillis) {
    byte[] value = batch(clock);
    return new EncodedBatch(
        key,
        backend.getPid(),
        backend.getStartNs(),
        value,
        utcMillis,
        events.count(),
        firstSequence,
        lastSequence,
        lossesAt,
        lostBefore,
        droppedBefore);
  }

  private void readBuffers(KernelEvent e) {
    for (int i = 0; i < buffers.length; i++) {
      long total = e.buffers(i);
      moved[i] += total - buffers[i];
      buffers[i] = total;
    }
    for (int i = 0; i < wal.length; i++) {
      long total = e.wal(i);
      walMade[i] += total - wal[i];
      wal[i] = total;
    }
    buffersMoved = true;
  }

  /** A batch has one level. */
  private void inForce(KernelEvent e, ClockAnchor clock) {
    if (e.level() != level) {
      flush(clock);
      level = e.level();
    }
    if (e.kind() == KernelEvent.SETTING
        && (e.settingLevelBefore() & Levels.TRACE) == 0
        && (e.settingLevel() & Levels.TRACE) != 0) {
      // What was done while nothing was traced belongs to nothing.
      Arrays.fill(moved, 0);
      buffersMoved = false;
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
      boolean begun = e.kind() == KernelEvent.WAIT && e.waitBegunBefore();
      baseNanos = e.timeNanos() - (begun ? e.waitDurationNanos() : 0);
      // A wait has no stack; the base only has to be above what follows.
      stackBase = e.stack() != 0 ? e.stack() : stackBase;
      events.begin(baseNanos, lastCpuNanos, stackBase);
    }
    lastSequence = e.sequence();
    lastNanos = e.timeNanos();
    lastCpuNanos = e.cpuNanos();
  }

  private void encode(KernelEvent e) throws IOException {
    if (buffersMoved) {
      events.buffers(moved, walMade);
      Arrays.fill(moved, 0);
      Arrays.fill(walMade, 0);
      buffersMoved = false;
    }
    if (e.kind() != KernelEvent.ACTIVITY && e.kind() != KernelEvent.STATEMENT) {
      asHolder.other(e);
    }
    switch (e.kind()) {
      case KernelEvent.ACTIVITY -> {
        byte[] text = wholeText(e);
        int state = names.activityState(e.activityState(), text.length > 0);
        busy = EventNames.isRunning(state);
        SourceText sent = texts.message(text, isTorn(e, text));
        asHolder.activity(e, state, sent);
        events.activity(e, state, sent, isCut(e, text));
      }
      case KernelEvent.ENTRY -> events.entry(e, names.function(e.function()));
      case KernelEvent.EXIT -> events.exit(e, names.function(e.function()));
      case KernelEvent.STATEMENT -> {
        byte[] text = wholeText(e);
        SourceText source = texts.ofStatement(text, isTorn(e, text));
        asHolder.statement(e, source);
        events.statement(e, names.function(e.function()), source, text.length == 0, isCut(e, text));
      }
      case KernelEvent.PORTAL -> {
        byte[] text = wholeText(e);
        events.portal(
            e,
            names.commandTag(e.portalCommandTag()),
            texts.ofStatement(text, isTorn(e, text)),
            text.length == 0);
      }
      case KernelEvent.COMMAND_END -> events.commandEnd(e, names.commandTag(e.commandTag()));
      case KernelEvent.WAIT ->
          events.waited(e, names.waitClass(e.waitEvent()), waitName(e.waitEvent()), targets, sleep);
      case KernelEvent.PLAN -> events.plan(e, nodesOf(e));
      case KernelEvent.TRANSACTION_END -> events.transactionEnd(e);
      case KernelEvent.BINDS -> events.binds(e, binds.total(e), binds.take());
      case KernelEvent.SETTING -> {
        events.setting(e, settingValue(e), isCut(e, e.text()));
      }
      case KernelEvent.ERROR -> {
        events.error(
            e,
            errorText(e.text()),
            isCut(e, e.text()),
            errorText(e.errorDetail()),
            errorText(e.errorHint()));
      }
      case KernelEvent.THROWN -> events.thrown(e);
      case KernelEvent.WORKER_LAUNCHED -> events.workerLaunched(e);
      case KernelEvent.BACKEND_END -> {
        events.backendEnd(e);
        ended = true;
      }
      default -> throw new IllegalStateException("unknown record kind " + e.kind());
    }
  }

  private byte[] errorText(byte[] text) {
    return texts.utf8(settings.mask().map(mask -> mask.message(text)).orElse(text));
  }

  private byte[] waitName(int event) {
    byte[] registered = names.isRegisteredWait(event) ? customWaits.name(event) : null;
    return registered == null ? names.waitName(event) : registered;
  }

  private byte[] settingValue(KernelEvent e) {
    if (e.settingCause() == KernelEvent.CAUSE_OPERATOR) {
      return String.valueOf(e.settingLevel() & Levels.TRACE).getBytes(StandardCharsets.US_ASCII);
    }
    return settings
        .mask()
        .map(mask -> mask.setting(e.settingName(), e.text(), LiteralMask.accepted(e)))
        .orElseGet(e::text);
  }

  /** Nodes of another plan, whose end was lost, may stand before. */
  private List<PlanNode> nodesOf(KernelEvent plan) {
    List<PlanNodeEvent> nodes =
        planNodes.stream().filter(node -> node.sequence() == plan.sequence()).toList();
    return names.planNodes(nodes, texts);
  }

  private byte[] wholeText(KernelEvent e) {
    byte[] last = e.text();
    if (pieces.size() == 0) {
      return last;
    }
    pieces.writeBytes(last);
    return pieces.toByteArray();
  }

  private static boolean isCut(KernelEvent e, byte[] text) {
    return (e.flags() & (KernelEvent.FLAG_TEXT_CUT | KernelEvent.FLAG_TEXT_UNREADABLE)) != 0
        || text.length != e.textLength();
  }

  /** Whether a piece of the text was lost, so that what is left may begin anywhere. */
  private static boolean isTorn(KernelEvent e, byte[] text) {
    return text.length != e.textLength();
  }

  private static void writeRule(SamplingRule rule, BinaryEncoder out) throws IOException {
    out.writeIndex(rule == null ? 0 : 1);
    if (rule != null) {
      new SpecificDatumWriter<>(SamplingRule.class).write(rule, out);
    }
  }

  private byte[] batch(ClockAnchor clock) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream(events.size() + 1024);
      AvroFraming.writeHeader(bytes, settings.schemaId());
      BinaryEncoder out = EncoderFactory.get().directBinaryEncoder(bytes, null);
      new SpecificDatumWriter<>(Backend.class).write(backend, out);
      out.writeInt(level & Levels.TRACE);
      out.writeLong(settings.epochNanos());
      new SpecificDatumWriter<>(ClockAnchor.class).write(clock, out);
      out.writeLong(firstSequence);
      out.writeLong(lastSequence);
      lossesAt = bytes.size();
      out.writeLong(lostBefore);
      out.writeLong(droppedBefore);
      out.writeBoolean(begunBefore);
      out.writeLong(baseNanos);
      out.writeLong(stackBase);
      out.writeArrayStart();
      out.setItemCount(strings.texts().size());
      for (byte[] text : strings.texts()) {
        out.startItem();
        out.writeBytes(text);
      }
      out.writeArrayEnd();
      out.writeArrayStart();
      out.setItemCount(events.count());
      events.writeTo(out);
      out.writeArrayEnd();
      OpenWaits.write(openWait, names, out);
      writeRule(rule, out);
      waitedFor.write(out);
      out.flush();
      return bytes.toByteArray();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }
}
