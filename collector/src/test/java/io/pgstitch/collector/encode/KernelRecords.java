package io.pgstitch.collector.encode;

import io.pgstitch.bpf.KernelEvent;
import io.pgstitch.bpf.RelationRecord;
import io.pgstitch.bpf.WaitRecord;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Builds records as events.h lays them out. */
@SuppressWarnings("ByteBufferBackingArray") // all are allocated here
final class KernelRecords {
  static final int LEVEL = 8;

  private static final int HEADER = 48;
  private static final int READ_IN_15 = 0x0A00000D;

  private KernelRecords() {}

  static KernelEvent session(long cpu) {
    return event(
        KernelEvent.SESSION,
        0,
        100,
        cpu,
        0,
        0,
        new byte[112 + 4 * 64 + 8 * KernelEvent.WAL_COUNTERS + 8]);
  }

  static KernelEvent activity(long sequence, long time, long cpu, int state, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    ByteBuffer body = body(8 + bytes.length).putInt(state).putInt(bytes.length).put(bytes);
    return event(KernelEvent.ACTIVITY, sequence, time, cpu, 0x7000, 0, body.array());
  }

  /** A statement of the running message, or of a text of its own. */
  static KernelEvent statement(long sequence, String text, int location, int length) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    ByteBuffer body = body(32 + bytes.length).putLong(5).putLong(0).putInt(1).putInt(location);
    body.putInt(length).putInt(bytes.length).put(bytes);
    return event(KernelEvent.STATEMENT, sequence, 250, 0, 0x6f00, 1, body.array());
  }

  static KernelEvent textPiece(String text) {
    return event(KernelEvent.TEXT, 0, 0, 0, 0, 0, text.getBytes(StandardCharsets.UTF_8));
  }

  static KernelEvent lastPiece(long sequence, String text, int wholeLength) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    ByteBuffer body = body(8 + bytes.length).putInt(2).putInt(wholeLength).put(bytes);
    return event(KernelEvent.ACTIVITY, sequence, 200, 0, 0x7000, 0, body.array());
  }

  static KernelEvent entry(long sequence, long time, long cpu, long stack, int function) {
    return event(
        KernelEvent.ENTRY, sequence, time, cpu, stack, function, body(8).putLong(77).array());
  }

  static KernelEvent buffers(long... totals) {
    ByteBuffer body = body(80 + 8 * KernelEvent.WAL_COUNTERS);
    for (int i = 0; i < 10; i++) {
      body.putLong(i < totals.length ? totals[i] : 0);
    }
    return event(KernelEvent.BUFFERS, 0, 0, 0, 0, 0, body.array());
  }

  /** Totals of WAL alone. */
  static KernelEvent wal(long records) {
    ByteBuffer body = body(80 + 8 * KernelEvent.WAL_COUNTERS).putLong(80, records);
    return event(KernelEvent.BUFFERS, 0, 0, 0, 0, 0, body.array());
  }

  /** From level 0 to one that traces. */
  static KernelEvent tracingBegins(long sequence, long cpu) {
    ByteBuffer body = body(24 + 64).putInt(8, LEVEL);
    return event(KernelEvent.SETTING, sequence, 90, cpu, 0x7000, 0, body.array());
  }

  static KernelEvent lockWait(long sequence, long time, int event) {
    ByteBuffer body =
        body(64)
            .putLong(5_000)
            .putLong(40)
            .putLong(-1)
            .putLong(-1)
            .putInt(event)
            .putInt(2)
            .putInt(-1)
            .putInt(5)
            .putInt(4711)
            .putInt(0)
            .putInt(0)
            .putInt(0x01050000);
    return event(KernelEvent.WAIT, sequence, time, 0, 0, 0, body.array());
  }

  /** A wait for a relation lock with these holders. */
  static KernelEvent lockWait(long sequence, int database, int relation, int... holders) {
    ByteBuffer body = body(64 + 72);
    body.putLong(5_000).putLong(40).putLong(-1).putLong(-1).putInt(0x03000000).putInt(1).putInt(-1);
    body.putInt(8).putInt(database).putInt(relation).putInt(0).putInt(0x01000000);
    body.putInt(holders.length).putInt(0);
    for (int holder : holders) {
      body.putInt(holder);
    }
    return event(KernelEvent.WAIT, WaitRecord.FLAG_LOCK, sequence, 100, 0, 0, 0, body.array());
  }

  /** The begin of a wait for a lock with these holders. */
  static KernelEvent lockSleep(long sequence, long time, int... holders) {
    ByteBuffer body = body(72).putInt(holders.length).putInt(0);
    for (int holder : holders) {
      body.putInt(holder);
    }
    return event(KernelEvent.LOCK_SLEEP, sequence, time, 0, 0, 0, body.array());
  }

  /** A read of a whole block of a file. */
  static KernelEvent fileWait(
      long sequence, long offset, int depth, String name, String parent, String grandparent) {
    ByteBuffer body = body(64 + 96);
    body.putLong(5_000).putLong(40).putLong(offset).putLong(8192).putInt(READ_IN_15).putInt(1);
    body.putInt(7).putInt(0).putInt(0).putInt(0).putInt(0).putInt(0).putInt(depth).putInt(0);
    text(body, name, 40);
    text(body, parent, 32);
    text(body, grandparent, 16);
    return event(KernelEvent.WAIT, WaitRecord.FLAG_FILE, sequence, 100, 0, 0, 0, body.array());
  }

  static RelationRecord relation(
      long serverStartNanos, int database, int file, int oid, String name) {
    ByteBuffer body = body(96);
    body.putLong(serverStartNanos).putInt(1).putInt(database).putInt(file).putInt(1663).putInt(oid);
    body.putInt(-1);
    text(body, name, 64);
    return event(KernelEvent.RELATION, 0, 90, 0, 0, 0, body.array()).relation();
  }

  static KernelEvent error(long sequence, int packed, String message, int flags) {
    byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
    ByteBuffer body = body(16 + bytes.length).putInt(packed).putInt(bytes.length);
    body.putLong(0).put(bytes);
    return event(KernelEvent.ERROR, flags, sequence, 300, 0, 0x7000, 0, body.array());
  }

  private static void text(ByteBuffer body, String text, int room) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    body.put(bytes).put(new byte[room - bytes.length]);
  }

  static KernelEvent error(long sequence, int packed) {
    return event(KernelEvent.ERROR, sequence, 300, 0, 0x7000, 0, body(16).putInt(packed).array());
  }

  static KernelEvent end(long sequence, int status) {
    return event(KernelEvent.BACKEND_END, sequence, 400, 0, 0, 0, body(8).putInt(status).array());
  }

  private static ByteBuffer body(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
  }

  private static KernelEvent event(
      int kind, long sequence, long time, long cpu, long stack, int function, byte[] body) {
    return event(kind, 0, sequence, time, cpu, stack, function, body);
  }

  private static KernelEvent event(
      int kind,
      int flags,
      long sequence,
      long time,
      long cpu,
      long stack,
      int function,
      byte[] body) {
    ByteBuffer record = body(HEADER + body.length);
    record.putInt(HEADER + body.length).putShort((short) kind).putShort((short) function);
    record
        .putInt(4711)
        .putInt(LEVEL << 24 | flags)
        .putLong(time)
        .putLong(cpu)
        .putLong(sequence)
        .putLong(stack);
    record.put(body);
    return new KernelEvent().moveTo(record, 0);
  }
}
