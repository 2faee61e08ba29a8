package io.pgstitch.collector.encode;

import io.pgstitch.bpf.KernelEvent;
import io.pgstitch.bpf.Levels;
import io.pgstitch.bpf.SettingRecord;
import io.pgstitch.schema.Bind;
import io.pgstitch.schema.PlanNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumWriter;

/**
 * Writes the events of one batch as Avro, straight from the kernel's records: no object per event.
 * The order of the writes is the order of the fields in RawEventBatch.avsc.
 */
final class EventEncoder {
  private static final SpecificDatumWriter<PlanNode> PLAN_NODES =
      new SpecificDatumWriter<>(PlanNode.class);

  private final EncodedBytes bytes = new EncodedBytes(4096);
  private final BinaryEncoder out = EncoderFactory.get().directBinaryEncoder(bytes, null);
  private final SpecificDatumWriter<Bind> bindWriter = new SpecificDatumWriter<>(Bind.class);
  private final StringTable strings;
  private int count;
  private long lastNanos;
  private long lastCpuNanos;
  private long stackBase;

  EventEncoder(StringTable strings) {
    this.strings = strings;
  }

  /** Begins a batch: the first event counts from these. */
  void begin(long baseNanos, long baseCpuNanos, long newStackBase) {
    bytes.clear();
    count = 0;
    lastNanos = baseNanos;
    lastCpuNanos = baseCpuNanos;
    stackBase = newStackBase;
  }

  /** Events so far. */
  int count() {
    return count;
  }

  /** Bytes of {@link #copyTo}. */
  int size() {
    return bytes.size();
  }

  long lastNanos() {
    return lastNanos;
  }

  /**
   * Copies the events to a place of an array, as the items of an Avro array.
   *
   * @return the place behind them
   */
  int copyTo(byte[] target, int at) {
    return bytes.copyTo(target, at);
  }

  void activity(KernelEvent e, int state, SourceText text, boolean cut) throws IOException {
    head(EventSchema.ACTIVITY, e);
    stack(e);
    out.writeEnum(state);
    out.writeInt(strings.indexOf(text.utf8()));
    out.writeBoolean(cut);
    out.writeBoolean((e.flags() & KernelEvent.FLAG_HAD_XID) != 0);
    out.writeLong(text.identity());
  }

  void entry(KernelEvent e, byte[] function) throws IOException {
    head(EventSchema.ENTRY, e);
    stack(e);
    out.writeInt(strings.indexOf(function));
    out.writeLong(e.entryObject());
  }

  void exit(KernelEvent e, byte[] function) throws IOException {
    head(EventSchema.EXIT, e);
    stack(e);
    out.writeInt(strings.indexOf(function));
    out.writeLong(e.exitRows());
    out.writeBoolean((e.flags() & KernelEvent.FLAG_LATE) != 0);
  }

  /**
   * @param same whether the text is the running message's, which is not written again
   */
  void statement(KernelEvent e, byte[] function, SourceText text, boolean same, boolean cut)
      throws IOException {
    head(EventSchema.STATEMENT, e);
    stack(e);
    out.writeInt(strings.indexOf(function));
    out.writeLong(e.statement().object());
    out.writeInt(indexOf(text, same));
    out.writeBoolean(cut);
    out.writeLong(e.statement().queryId());
    out.writeInt(e.statement().command());
    out.writeInt(text.location(e.statement().location()));
    out.writeInt(text.length(e.statement().location(), e.statement().length()));
    out.writeLong(same ? 0 : text.identity());
  }

  private int indexOf(SourceText text, boolean same) {
    return same ? 0 : strings.indexOf(text.utf8());
  }

  /**
   * @param same whether the text is the running message's, which is not written again
   */
  void portal(KernelEvent e, byte[] tag, SourceText text, boolean same) throws IOException {
    head(EventSchema.PORTAL, e);
    stack(e);
    out.writeLong(e.portal().address());
    out.writeInt(strings.indexOf(e.portal().name()));
    out.writeInt(strings.indexOf(e.portal().statementName()));
    out.writeInt(strings.indexOf(tag));
    out.writeLong(e.portal().queryId());
    out.writeInt(text.location(e.portal().location()));
    out.writeInt(text.length(e.portal().location(), e.portal().statementLength()));
    out.writeInt(indexOf(text, same));
  }

  void commandEnd(KernelEvent e, byte[] tag) throws IOException {
    head(EventSchema.COMMAND_END, e);
    stack(e);
    out.writeInt(strings.indexOf(tag));
    out.writeLong(e.commandRows());
  }

  void buffers(long[] moved, long[] wal) throws IOException {
    out.writeIndex(EventSchema.BUFFERS);
    for (long blocks : moved) {
      out.writeLong(blocks);
    }
    boolean made = false;
    for (long n : wal) {
      made |= n != 0;
    }
    out.writeIndex(made ? 1 : 0);
    if (made) {
      for (long n : wal) {
        out.writeLong(n);
      }
    }
    count++;
  }

  void plan(KernelEvent e, List<PlanNode> nodes) throws IOException {
    head(EventSchema.PLAN, e);
    stack(e);
    out.writeLong(e.planObject());
    out.writeArrayStart();
    out.setItemCount(nodes.size());
    for (PlanNode node : nodes) {
      out.startItem();
      PLAN_NODES.write(node, out);
    }
    out.writeArrayEnd();
    out.writeInt(e.planNodes() - nodes.size());
    out.writeBoolean(e.planCut());
  }

  void waited(KernelEvent e, byte[] eventClass, byte[] event, WaitTargets targets, LockSleep sleep)
      throws IOException {
    head(EventSchema.WAIT, e);
    out.writeLong(e.waited().durationNanos());
    out.writeLong(e.waited().cpuNanos());
    out.writeInt(strings.indexOf(eventClass));
    out.writeInt(strings.indexOf(event));
    out.writeInt(e.waited().calls());
    out.writeBoolean(e.waited().begunBefore());
    targets.write(e.waited(), out);
    sleep.write(e, out);
  }

  void transactionEnd(KernelEvent e) throws IOException {
    head(EventSchema.TRANSACTION_END, e);
    out.writeBoolean(e.transactionCommitted());
    out.writeBoolean(e.transactionReadOnly());
  }

  void error(KernelEvent e, byte[] message, boolean cut, byte[] detail, byte[] hint)
      throws IOException {
    head(EventSchema.ERROR, e);
    stack(e);
    out.writeString(sqlstate(e.error().sqlstate()));
    out.writeBytes(message);
    out.writeBoolean(cut);
    out.writeBoolean(e.error().isFatal());
    out.writeBytes(detail);
    out.writeBytes(hint);
  }

  void thrown(KernelEvent e) throws IOException {
    head(EventSchema.THROWN, e);
    out.writeString(sqlstate(e.error().sqlstate()));
  }

  void workerLaunched(KernelEvent e) throws IOException {
    head(EventSchema.WORKER_LAUNCHED, e);
    stack(e);
    out.writeLong(e.launch().durationNanos());
    out.writeLong(e.launch().object());
    out.writeLong(e.launch().context());
    out.writeInt(e.launch().number());
  }

  void backendEnd(KernelEvent e) throws IOException {
    head(EventSchema.BACKEND_END, e);
    int status = e.exitStatus();
    out.writeInt(status >>> 8 & 0xff);
    out.writeInt(status & 0x7f);
  }

  void setting(KernelEvent e, byte[] value, boolean cut) throws IOException {
    head(EventSchema.SETTING, e);
    int properties = e.setting().properties();
    out.writeInt(strings.indexOf(e.setting().name()));
    out.writeInt(strings.indexOf(value));
    out.writeBoolean((properties & SettingRecord.IS_RESET) != 0);
    out.writeBoolean((properties & SettingRecord.IS_LOCAL) != 0);
    out.writeBoolean((properties & SettingRecord.BY_SUPERUSER) != 0);
    out.writeInt(e.setting().source());
    out.writeInt(e.setting().level() & Levels.TRACE);
    out.writeBoolean((properties & SettingRecord.REFUSED) != 0);
    out.writeBoolean((properties & SettingRecord.INVALID) != 0);
    out.writeBoolean(cut);
  }

  /** Values are few and differ: they do not go through the dictionary. */
  void binds(KernelEvent e, int total, List<Bind> binds) throws IOException {
    head(EventSchema.BINDS, e);
    out.writeLong(e.bind().object());
    out.writeInt(total);
    out.writeArrayStart();
    out.setItemCount(binds.size());
    for (Bind bind : binds) {
      out.startItem();
      bindWriter.write(bind, out);
    }
    out.writeArrayEnd();
  }

  private void head(int type, KernelEvent e) throws IOException {
    out.writeIndex(type);
    out.writeLong(e.timeNanos() - lastNanos);
    out.writeLong(e.cpuNanos() - lastCpuNanos);
    lastNanos = e.timeNanos();
    lastCpuNanos = e.cpuNanos();
    count++;
  }

  private void stack(KernelEvent e) throws IOException {
    out.writeInt((int) (stackBase - e.stack()));
  }

  /** Five characters of six bits each, as MAKE_SQLSTATE of PostgreSQL's elog.h packs them. */
  static String sqlstate(int packed) {
    byte[] text = new byte[5];
    for (int i = 0; i < text.length; i++) {
      text[i] = (byte) (((packed >>> (6 * i)) & 0x3f) + '0');
    }
    return new String(text, StandardCharsets.US_ASCII);
  }
}
