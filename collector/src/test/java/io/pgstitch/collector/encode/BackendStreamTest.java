package io.pgstitch.collector.encode;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.bpf.ErrorRecord;
import io.pgstitch.bpf.KernelEvent;
import io.pgstitch.collector.encode.BackendStream.StreamSettings;
import io.pgstitch.collector.mask.LiteralMask;
import io.pgstitch.collector.postgres.PostgresFacts;
import io.pgstitch.collector.postgres.ServerEncoding;
import io.pgstitch.collector.probe.ProbeCatalogue;
import io.pgstitch.schema.Activity;
import io.pgstitch.schema.ActivityState;
import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendEnd;
import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.BufferDelta;
import io.pgstitch.schema.BundledSchemaRegistry;
import io.pgstitch.schema.ClockAnchor;
import io.pgstitch.schema.ErrorReported;
import io.pgstitch.schema.FunctionEntry;
import io.pgstitch.schema.HolderSight;
import io.pgstitch.schema.IoTarget;
import io.pgstitch.schema.LockHolder;
import io.pgstitch.schema.LockTarget;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SamplingRule;
import io.pgstitch.schema.StatementEntry;
import io.pgstitch.schema.Topics;
import io.pgstitch.schema.Wait;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the hand-written encoder writes, read back by Avro's own decoder. */
final class BackendStreamTest {
  private static final ClockAnchor CLOCK = new ClockAnchor(1_000L, 5_000_000_000L);
  private static final int IDLE_IN_15 = 1;
  private static final int RUNNING_IN_15 = 2;
  private static final int IDLE_IN_TRANSACTION_IN_15 = 3;
  private static final int SERVER = 1;
  private static final long SERVER_START_TICKS = 30;
  private static final long SERVER_START_NANOS = 304_000_000L;

  private final BundledSchemaRegistry registry = new BundledSchemaRegistry();
  private final RelationNames relations = new RelationNames();
  private final List<EncodedBatch> sent = new ArrayList<>();
  private final Map<Integer, String> registered = new HashMap<>();
  private long nanos;
  private final BackendStream stream = stream(Optional.empty());
  private boolean takes = true;
  private SamplingRule rule;

  private BackendStream stream(Optional<LiteralMask> mask) {
    Backend backend =
        new Backend(
            "c",
            "h",
            "b",
            4711,
            9L,
            0,
            BackendKind.CLIENT,
            "db",
            "u",
            "app",
            "",
            1,
            5432,
            150000,
            "/data",
            "client backend",
            0L,
            -1,
            4711,
            0L,
            0L);
    int id = registry.idOf(Topics.RAW_EVENTS + "-value", RawEventBatch.getClassSchema());
    return new BackendStream(
        backend,
        KernelRecords.session(40),
        new EventNames(ProbeCatalogue.load(), PostgresFacts.of(15)),
        ServerEncoding.UTF8,
        relations.of(SERVER, SERVER_START_TICKS),
        new CustomWaitNames(() -> registered, () -> nanos),
        new StreamSettings(id, 7L, mask, session -> rule),
        batch -> takes && sent.add(batch));
  }

  private void accept(KernelEvent... events) {
    for (KernelEvent e : events) {
      stream.accept(e, CLOCK);
    }
  }

  private List<RawEventBatch> flushed() {
    stream.flush(CLOCK);
    AvroDeserializer<RawEventBatch> reader = new AvroDeserializer<>(RawEventBatch.class, registry);
    return sent.stream().map(b -> reader.deserialize(Topics.RAW_EVENTS, b.value())).toList();
  }

  private RawEventBatch onlyBatch() {
    List<RawEventBatch> batches = flushed();
    assertThat(batches).hasSize(1);
    return batches.get(0);
  }

  @Test
  void timesAndProcessorTimesAreDifferences() {
    accept(
        KernelRecords.activity(1, 100, 50, RUNNING_IN_15, "select 1"),
        KernelRecords.entry(2, 130, 70, 0x6f00, 1));
    RawEventBatch batch = onlyBatch();
    assertThat(batch.getBaseNs()).isEqualTo(100);
    Activity first = (Activity) batch.getEvents().get(0);
    assertThat(first.getDeltaNs()).isZero();
    assertThat(first.getCpuDeltaNs()).isEqualTo(10);
    FunctionEntry second = (FunctionEntry) batch.getEvents().get(1);
    assertThat(second.getDeltaNs()).isEqualTo(30);
    assertThat(second.getCpuDeltaNs()).isEqualTo(20);
    assertThat(second.getStack()).isEqualTo(0x100);
    assertThat(second.getObject()).isEqualTo(77);
  }

  @Test
  void aBatchHasTheSamplingRuleThatIsInForceWhenItIsBegun() {
    accept(KernelRecords.activity(1, 100, 50, RUNNING_IN_15, "select 1"));
    assertThat(onlyBatch().getSampling()).isNull();
    rule = new SamplingRule(0.25, 500L, 3.0, true);
    accept(KernelRecords.activity(2, 200, 60, RUNNING_IN_15, "select 2"));
    assertThat(flushed().get(1).getSampling()).isEqualTo(rule);
    rule = null;
    accept(KernelRecords.activity(3, 300, 70, RUNNING_IN_15, "select 3"));
    rule = new SamplingRule(0.5, 0L, 0.0, false);
    assertThat(flushed().get(2).getSampling()).isNull();
  }

  @Test
  void aTextStandsOnceInTheDictionary() {
    accept(
        KernelRecords.activity(1, 100, 50, RUNNING_IN_15, "select 'é'"),
        KernelRecords.activity(2, 110, 50, RUNNING_IN_15, "select 'é'"));
    RawEventBatch batch = onlyBatch();
    assertThat(batch.getStrings()).containsExactly("", "select 'é'");
    assertThat(((Activity) batch.getEvents().get(1)).getText()).isEqualTo(1);
  }

  @Test
  void maskedTextsKeepTheirPlacesAndAreToldApart() {
    BackendStream masked = stream(Optional.of(new LiteralMask()));
    String text = "select 'long secret'; select 4711 from t";
    masked.accept(KernelRecords.activity(1, 100, 50, RUNNING_IN_15, text), CLOCK);
    masked.accept(KernelRecords.statement(2, "", 21, 19), CLOCK);
    masked.accept(KernelRecords.statement(3, text, 0, 20), CLOCK);
    masked.accept(KernelRecords.statement(4, text.replace("4711", "4712"), 0, 0), CLOCK);
    masked.accept(KernelRecords.error(5, 0, "secret", 0), CLOCK);
    masked.accept(KernelRecords.textPiece("lost, then "), CLOCK);
    masked.accept(KernelRecords.lastPiece(6, "secret' from t", 99), CLOCK);
    masked.flush(CLOCK);
    RawEventBatch batch =
        new AvroDeserializer<>(RawEventBatch.class, registry)
            .deserialize(Topics.RAW_EVENTS, sent.get(0).value());
    String shown = "select ?; select ? from t";
    assertThat(batch.getStrings()).contains(shown, "?").noneMatch(s -> s.contains("secret"));
    List<Object> events = batch.getEvents();
    Activity message = (Activity) events.get(0);
    StatementEntry own = (StatementEntry) events.get(1);
    assertThat(own.getText()).isZero();
    assertThat(shown.substring(own.getLocation(), own.getLocation() + own.getLength()))
        .isEqualTo(" select ? from t");
    StatementEntry same = (StatementEntry) events.get(2);
    assertThat(same.getTextIdentity()).isEqualTo(message.getTextIdentity()).isNotZero();
    assertThat(same.getLength()).isEqualTo("select ?".length());
    StatementEntry other = (StatementEntry) events.get(3);
    assertThat(other.getText()).isEqualTo(message.getText());
    assertThat(other.getTextIdentity()).isNotEqualTo(message.getTextIdentity());
    assertThat(((ErrorReported) events.get(4)).getMessage()).isEqualTo("?");
    Activity torn = (Activity) events.get(5);
    assertThat(batch.getStrings().get(torn.getText())).isEqualTo("?");
    assertThat(torn.getTextTruncated()).isTrue();
  }

  @Test
  void aTextInPiecesIsJoined() {
    accept(KernelRecords.textPiece("select "), KernelRecords.lastPiece(1, "1", 8));
    RawEventBatch batch = onlyBatch();
    assertThat(batch.getStrings()).contains("select 1");
    assertThat(((Activity) batch.getEvents().get(0)).getTextTruncated()).isFalse();
  }

  @Test
  void aTextOfWhichAPieceWasLostIsMarked() {
    accept(KernelRecords.lastPiece(1, "1", 8));
    assertThat(((Activity) onlyBatch().getEvents().get(0)).getTextTruncated()).isTrue();
  }

  @Test
  void aGapEndsTheBatchAndIsCounted() {
    accept(
        KernelRecords.activity(1, 100, 50, RUNNING_IN_15, "select 1"),
        KernelRecords.entry(5, 130, 70, 0x6f00, 1));
    List<RawEventBatch> batches = flushed();
    assertThat(batches).hasSize(2);
    assertThat(batches.get(0).getLastSequence()).isEqualTo(1);
    assertThat(batches.get(0).getLostBefore()).isZero();
    assertThat(batches.get(1).getFirstSequence()).isEqualTo(5);
    assertThat(batches.get(1).getLostBefore()).isEqualTo(3);
    assertThat(stream.lost()).isEqualTo(3);
  }

  @Test
  void processorTimeGoesOnAcrossBatches() {
    accept(KernelRecords.activity(1, 100, 50, RUNNING_IN_15, "select 1"));
    stream.flush(CLOCK);
    accept(KernelRecords.entry(2, 130, 75, 0x6f00, 1));
    FunctionEntry entry = (FunctionEntry) flushed().get(1).getEvents().get(0);
    assertThat(entry.getCpuDeltaNs()).isEqualTo(25);
  }

  @Test
  void bufferTotalsBecomeDifferencesBeforeTheirEvent() {
    accept(
        KernelRecords.buffers(3, 1),
        KernelRecords.entry(1, 100, 50, 0x6f00, 1),
        KernelRecords.buffers(10, 1),
        KernelRecords.entry(2, 110, 60, 0x6f00, 1));
    List<Object> events = onlyBatch().getEvents();
    assertThat(((BufferDelta) events.get(0)).getUsage().getSharedHit()).isEqualTo(3);
    assertThat(((BufferDelta) events.get(0)).getUsage().getSharedRead()).isEqualTo(1);
    assertThat(events.get(1)).isInstanceOf(FunctionEntry.class);
    assertThat(((BufferDelta) events.get(2)).getUsage().getSharedHit()).isEqualTo(7);
    assertThat(((BufferDelta) events.get(2)).getUsage().getSharedRead()).isZero();
  }

  @Test
  void whatWasUsedBeforeTracingBeganBelongsToNoEvent() {
    accept(
        KernelRecords.buffers(1000),
        KernelRecords.wal(500),
        KernelRecords.tracingBegins(1, 9_000),
        KernelRecords.wal(503),
        KernelRecords.entry(2, 110, 9_010, 0x6f00, 1));
    List<Object> events = onlyBatch().getEvents();
    assertThat(events).hasSize(3);
    assertThat(((BufferDelta) events.get(1)).getWal().getRecords()).isEqualTo(3);
    assertThat(((FunctionEntry) events.get(2)).getCpuDeltaNs()).isEqualTo(10);
  }

  @Test
  void aTextThatComesAgainIsMaskedTheSame() {
    BackendStream masked = stream(Optional.of(new LiteralMask()));
    masked.accept(KernelRecords.activity(1, 100, 50, RUNNING_IN_15, "select 'a'"), CLOCK);
    masked.accept(KernelRecords.activity(2, 110, 50, IDLE_IN_15, ""), CLOCK);
    masked.accept(KernelRecords.activity(3, 120, 50, RUNNING_IN_15, "select 'a'"), CLOCK);
    masked.accept(KernelRecords.activity(4, 130, 50, RUNNING_IN_15, "select 'b'"), CLOCK);
    masked.flush(CLOCK);
    RawEventBatch batch =
        new AvroDeserializer<>(RawEventBatch.class, registry)
            .deserialize(Topics.RAW_EVENTS, sent.get(0).value());
    assertThat(batch.getStrings()).containsExactly("", "select ?");
    long first = ((Activity) batch.getEvents().get(0)).getTextIdentity();
    assertThat(((Activity) batch.getEvents().get(2)).getTextIdentity()).isEqualTo(first);
    assertThat(((Activity) batch.getEvents().get(3)).getTextIdentity()).isNotEqualTo(first);
  }

  @Test
  void aRegisteredEventHasTheNameThatTheServerTells() {
    int event = 0x07000001;
    accept(KernelRecords.lockWait(1, 100, event));
    registered.put(event, "DblinkConnect");
    nanos = 999_999_999;
    accept(KernelRecords.lockWait(2, 200, event));
    nanos = 1_000_000_000;
    accept(KernelRecords.lockWait(3, 300, event));
    registered.clear();
    accept(KernelRecords.lockWait(4, 400, event));

    RawEventBatch batch = flushed().get(0);
    assertThat(batch.getEvents().stream().map(e -> batch.getStrings().get(((Wait) e).getEvent())))
        .containsExactly(
            "extension event 1", "extension event 1", "DblinkConnect", "DblinkConnect");
  }

  @Test
  void aLockWaitNamesTheLock() {
    accept(KernelRecords.lockWait(1, 100, 0x03000005));
    RawEventBatch batch = onlyBatch();
    Wait wait = (Wait) batch.getEvents().get(0);
    assertThat(batch.getStrings().get(wait.getEventClass())).isEqualTo("Lock");
    assertThat(batch.getStrings().get(wait.getEvent())).isEqualTo("transactionid");
    assertThat(wait.getCalls()).isEqualTo(2);
    LockTarget lock = (LockTarget) wait.getTarget();
    assertThat(lock.getField1()).isEqualTo(4711);
    assertThat(lock.getTagType()).isEqualTo(5);
    assertThat(lock.getMethod()).isEqualTo(1);
    assertThat(lock.getMode()).isEqualTo(5);
  }

  @Test
  void aLockWaitNamesRelationModeAndHolders() {
    relations.learn(KernelRecords.relation(SERVER_START_NANOS, 5, 16402, 16400, "t"));
    accept(KernelRecords.lockWait(1, 5, 16400, 4711, 4712, 4711));
    LockTarget lock = (LockTarget) ((Wait) onlyBatch().getEvents().get(0)).getTarget();
    assertThat(lock.getLockType()).isEqualTo("relation");
    assertThat(lock.getModeName()).isEqualTo("AccessExclusiveLock");
    assertThat(lock.getRelation()).isEqualTo("t");
    assertThat(lock.getHolders()).containsExactly(4711, 4712);
    assertThat(lock.getHoldersCut()).isFalse();
  }

  private static HolderState doing(int pid, byte[] text) {
    return new HolderState(
        pid, HolderSight.SEEN, 5000 + pid, 6000, 8, 2, 7000, 8000, true, text, true, false);
  }

  private List<LockHolder> holders(long waitSequence, int... pids) {
    accept(KernelRecords.lockWait(waitSequence, 5, 16400, pids));
    return ((Wait) onlyBatch().getEvents().get(0)).getHolders();
  }

  @Test
  void aLockWaitHasWhatItsHoldersDidWhenItBegan() {
    byte[] text = "update t /* traceparent */".getBytes(StandardCharsets.UTF_8);
    stream.lockSleeps(KernelRecords.lockSleep(0, -5_000, 31, 0, 31), pid -> doing(pid, text));
    List<LockHolder> holders = holders(1, 31, 0, 31);
    assertThat(holders).hasSize(2);
    LockHolder seen = holders.get(0);
    assertThat(seen.getPid()).isEqualTo(31);
    assertThat(seen.getSight()).isEqualTo(HolderSight.SEEN);
    assertThat(seen.getHostPid()).isEqualTo(5031);
    assertThat(seen.getStartNs()).isEqualTo(6000);
    assertThat(seen.getLevel()).isEqualTo(8);
    assertThat(seen.getState()).isEqualTo(ActivityState.IDLE_IN_TRANSACTION);
    assertThat(seen.getSequence()).isEqualTo(7000);
    assertThat(seen.getStatementStartNs()).isEqualTo(8000);
    assertThat(seen.getCertain()).isTrue();
    assertThat(seen.getContextUnknown()).isTrue();
    assertThat(seen.getMayBeLeftOut()).isFalse();
    assertThat(seen.getText()).isPositive();
    assertThat(holders.get(1).getSight()).isEqualTo(HolderSight.PREPARED);
  }

  @Test
  void ofAnotherWaitsHoldersNothingIsSaid() {
    stream.lockSleeps(KernelRecords.lockSleep(1, -5_000, 31), pid -> doing(pid, new byte[0]));
    accept(KernelRecords.lockWait(1, 5, 16400, 32), KernelRecords.lockWait(9, 5, 16400, 31));
    assertThat(flushed().stream().map(b -> (Wait) b.getEvents().get(0)))
        .allMatch(w -> w.getHolders().get(0).getSight() == HolderSight.MISSED);
  }

  @Test
  void aHolderSaysWhenItsStatementBegan() {
    accept(KernelRecords.activity(1, 100, 50, RUNNING_IN_15, "update t"));
    HolderState now = stream.waitedFor(99);
    assertThat(now.pid()).isEqualTo(99);
    assertThat(now.hostPid()).isEqualTo(4711);
    assertThat(now.startNanos()).isEqualTo(9);
    assertThat(now.statementNanos()).isEqualTo(100);
    assertThat(now.certain()).isTrue();
    assertThat(now.level()).isEqualTo(KernelRecords.LEVEL);
    assertThat(now.text()).isEmpty();
    accept(KernelRecords.activity(5, 200, 50, 3, ""));
    assertThat(stream.waitedFor(99).statementNanos()).isZero();
    String commented = "update t /*traceparent='x'*/";
    accept(KernelRecords.activity(6, 300, 50, RUNNING_IN_15, commented));
    assertThat(new String(stream.waitedFor(99).text(), StandardCharsets.UTF_8))
        .isEqualTo(commented);
  }

  @Test
  void whereOthersBeginToWaitGoesWithTheNextEvents() {
    accept(KernelRecords.activity(1, 100, 50, RUNNING_IN_15, "update t"));
    stream.waitedFor(99);
    stream.waitedFor(99);
    accept(KernelRecords.entry(2, 130, 70, 0x6f00, 1));
    stream.waitedFor(99);
    assertThat(flushed().get(0).getWaitedFor()).containsExactly(1L, 2L);
    // It runs: its next event, or its end, will come.
    stream.waitedFor(99);
    assertThat(flushed()).hasSize(1);
    accept(KernelRecords.entry(3, 140, 70, 0x6f00, 1));
    assertThat(flushed().get(1).getWaitedFor()).containsExactly(2L);
    accept(KernelRecords.entry(4, 150, 70, 0x6f00, 1));
    assertThat(flushed().get(2).getWaitedFor()).isEmpty();
  }

  @Test
  void ofOneThatIsIdleItIsSaidAtOnceAndAgain() {
    stream.waitedFor(99);
    accept(
        KernelRecords.activity(1, 100, 50, RUNNING_IN_15, "update t"),
        KernelRecords.activity(2, 200, 60, IDLE_IN_TRANSACTION_IN_15, ""));
    assertThat(flushed()).hasSize(1);
    takes = false;
    stream.waitedFor(99);
    assertThat(flushed()).hasSize(1);
    takes = true;
    RawEventBatch told = flushed().get(1);
    assertThat(told.getEvents()).isEmpty();
    assertThat(told.getFirstSequence()).isEqualTo(3);
    assertThat(told.getLastSequence()).isEqualTo(2);
    assertThat(told.getWaitedFor()).containsExactly(2L);
    stream.waitedFor(99);
    assertThat(flushed()).hasSize(2);
    accept(KernelRecords.activity(3, 300, 70, RUNNING_IN_15, "commit"));
    assertThat(flushed().get(2).getWaitedFor()).containsExactly(2L);
    assertThat(flushed().get(2).getLostBefore()).isZero();
  }

  @Test
  void onlyWhatEndedOutsideATransactionUnderARuleMayBeLeftOut() {
    accept(KernelRecords.activity(1, 100, 50, IDLE_IN_15, ""));
    assertThat(stream.waitedFor(99).mayBeLeftOut()).isFalse();
    flushed();
    rule = new SamplingRule(0.25, 500L, 3.0, true);
    assertThat(stream.waitedFor(99).mayBeLeftOut()).isFalse();
    accept(KernelRecords.activity(2, 200, 60, RUNNING_IN_15, "update t"));
    assertThat(stream.waitedFor(99).mayBeLeftOut()).isFalse();
    accept(KernelRecords.activity(3, 300, 70, IDLE_IN_TRANSACTION_IN_15, ""));
    assertThat(stream.waitedFor(99).mayBeLeftOut()).isFalse();
    accept(KernelRecords.activity(4, 400, 80, IDLE_IN_15, ""));
    assertThat(stream.waitedFor(99).mayBeLeftOut()).isTrue();
    flushed();
    rule = null;
    assertThat(stream.waitedFor(99).mayBeLeftOut()).isTrue();
  }

  private IoTarget io(KernelEvent wait) {
    accept(wait);
    return (IoTarget) ((Wait) onlyBatch().getEvents().get(0)).getTarget();
  }

  @Test
  void aFileIsNamedByTheNewestRelationThatHadIt() {
    relations.learn(KernelRecords.relation(SERVER_START_NANOS, 5, 16402, 16390, "old"));
    relations.learn(KernelRecords.relation(SERVER_START_NANOS, 5, 16402, 16400, "new"));
    relations.learn(KernelRecords.relation(77_000_000_000L, 5, 16402, 16401, "another server's"));
    relations.learn(
        KernelRecords.relation(SERVER_START_NANOS, 6, 16402, 16401, "another database's"));
    IoTarget io = io(KernelRecords.fileWait(1, 16384, 3, "16402.2", "5", "base"));
    assertThat(io.getRelationOid()).isEqualTo(16400);
    assertThat(io.getRelation()).isEqualTo("new");
    assertThat(io.getBlock()).isEqualTo(2 * 131072 + 2);
    assertThat(io.getTablespaceOid()).isEqualTo(1663);
    assertThat(io.getFile()).isEqualTo("base/5/16402.2");
  }

  @Test
  void aFileOfNoKnownRelationHasItsNumberAlone() {
    IoTarget io = io(KernelRecords.fileWait(1, 100, 2, "1262_vm", "global", "data"));
    assertThat(io.getRelfilenode()).isEqualTo(1262);
    assertThat(io.getFork()).isEqualTo("vm");
    assertThat(io.getBlock()).isEqualTo(-1);
    assertThat(io.getRelationOid()).isZero();
    assertThat(io.getRelation()).isEmpty();
  }

  @Test
  void anErrorHasItsMessage() {
    accept(
        KernelRecords.error(1, 33816706, "division by zero", ErrorRecord.FLAG_FATAL),
        KernelRecords.error(2, 2600, "lo", KernelEvent.FLAG_TEXT_CUT));
    List<Object> events = onlyBatch().getEvents();
    ErrorReported fatal = (ErrorReported) events.get(0);
    assertThat(fatal.getMessage()).isEqualTo("division by zero");
    assertThat(fatal.getFatal()).isTrue();
    assertThat(fatal.getMessageCut()).isFalse();
    assertThat(((ErrorReported) events.get(1)).getMessageCut()).isTrue();
  }

  @Test
  void sqlstatesAreUnpacked() {
    // ERRCODE_DIVISION_BY_ZERO, and elog's XX000.
    accept(KernelRecords.error(1, 33816706), KernelRecords.error(2, 2600));
    assertThat(onlyBatch().getEvents())
        .extracting(e -> ((ErrorReported) e).getSqlstate())
        .containsExactly("22012", "XX000");
  }

  @Test
  void theEndTellsStatusFromSignal() {
    accept(KernelRecords.end(1, 9));
    BackendEnd end = (BackendEnd) onlyBatch().getEvents().get(0);
    assertThat(end.getSignal()).isEqualTo(9);
    assertThat(end.getExitCode()).isZero();
    assertThat(stream.ended()).isTrue();
  }

  @Test
  void nothingIsSentWhenNothingHappened() {
    assertThat(flushed()).isEmpty();
  }

  @Test
  void aBatchThatIsNotTakenIsALossBeforeTheNext() {
    takes = false;
    accept(
        KernelRecords.activity(1, 100, 50, RUNNING_IN_15, "select 1"),
        KernelRecords.entry(2, 130, 70, 0x6f00, 1));
    stream.flush(CLOCK);
    accept(KernelRecords.entry(5, 140, 70, 0x6f00, 1));
    stream.flush(CLOCK);
    takes = true;
    accept(KernelRecords.entry(6, 150, 70, 0x6f00, 1));
    stream.flush(CLOCK);
    accept(KernelRecords.entry(7, 160, 70, 0x6f00, 1));
    List<RawEventBatch> batches = flushed();
    assertThat(batches).hasSize(2);
    assertThat(batches.get(0).getFirstSequence()).isEqualTo(6);
    assertThat(batches.get(0).getLostBefore()).isEqualTo(5);
    assertThat(batches.get(0).getDroppedBefore()).isEqualTo(3);
    assertThat(batches.get(1).getLostBefore()).isZero();
    assertThat(batches.get(1).getDroppedBefore()).isZero();
  }

  @Test
  void whatIsDroppedLaterIsPutIntoTheFinishedBatch() {
    accept(KernelRecords.activity(4, 100, 50, RUNNING_IN_15, "select 1"));
    RawEventBatch before = onlyBatch();
    EncodedBatch marked = sent.remove(0).afterLossOf(100, 90);
    sent.add(marked.afterLossOf(1_000_000, 1_000_000));
    RawEventBatch after = onlyBatch();
    assertThat(after.getLostBefore()).isEqualTo(3 + 1_000_100);
    assertThat(after.getDroppedBefore()).isEqualTo(1_000_090);
    after.setLostBefore(before.getLostBefore());
    after.setDroppedBefore(0L);
    assertThat(after).isEqualTo(before);
  }
}
