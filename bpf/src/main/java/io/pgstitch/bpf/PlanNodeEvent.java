package io.pgstitch.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * One node of a plan as the kernel read it: {@code struct plan_node_event} of plans.h. The heads of
 * the server's structs are as they lie in its memory; the offsets in them are the reader's to know.
 */
public final class PlanNodeEvent {
  /** {@link #parent} of the tree's top. */
  public static final int NO_PARENT = -1;

  private static final int FLAG_UNREADABLE = 1;
  private static final int FLAG_INSTRUMENTED = 2;
  private static final int FLAG_UNMEASURED = 4;
  private static final int HEADER = 48;
  private static final int NAME = 64;
  private static final int NAMES = HEADER + 40;
  private static final int PLAN = NAMES + 3 * NAME;
  private static final int INSTRUMENT = PLAN + 64;

  private final ByteBuffer record;

  PlanNodeEvent(byte[] record) {
    this.record = ByteBuffer.wrap(record).order(ByteOrder.nativeOrder());
  }

  public long sequence() {
    return record.getLong(32);
  }

  /** Place in preorder, from 0. */
  public int number() {
    return record.getInt(HEADER);
  }

  /** Number of the parent, or {@link #NO_PARENT}. */
  public int parent() {
    return record.getInt(HEADER + 4);
  }

  /** How it is its parent's child: {@code enum plan_relationship}. */
  public int relationship() {
    return record.getInt(HEADER + 8);
  }

  /** NodeTag of its state. */
  public int tag() {
    return record.getInt(HEADER + 12);
  }

  /** One of the two ints of the plan that the node's shape names. */
  public int detail(int which) {
    return record.getInt(HEADER + 16 + 4 * which);
  }

  /** OID of the relation that is scanned or modified, 0 for none. */
  public int relation() {
    return record.getInt(HEADER + 24);
  }

  /** File number of that relation, 0 for none. */
  public int relationFile() {
    return record.getInt(HEADER + 28);
  }

  /** OID of the index, 0 for none. */
  public int index() {
    return record.getInt(HEADER + 32);
  }

  /** File number of the index, 0 for none. */
  public int indexFile() {
    return record.getInt(HEADER + 36);
  }

  public byte[] subPlanName() {
    return name(NAMES);
  }

  public byte[] relationName() {
    return name(NAMES + NAME);
  }

  public byte[] indexName() {
    return name(NAMES + 2 * NAME);
  }

  /** Whether the plan of the node could be read. */
  public boolean readable() {
    return (flags() & FLAG_UNREADABLE) == 0;
  }

  /** Whether the server measured the node and the figures could be read. */
  public boolean instrumented() {
    return (flags() & FLAG_INSTRUMENTED) != 0;
  }

  /** Whether the server measured the node and the figures could not be read. */
  public boolean unmeasured() {
    return (flags() & FLAG_UNMEASURED) != 0;
  }

  public double planDouble(int offset) {
    return record.getDouble(PLAN + offset);
  }

  public int planInt(int offset) {
    return record.getInt(PLAN + offset);
  }

  public boolean planFlag(int offset) {
    return record.get(PLAN + offset) != 0;
  }

  public double instrumentDouble(int offset) {
    return record.getDouble(INSTRUMENT + offset);
  }

  public long instrumentLong(int offset) {
    return record.getLong(INSTRUMENT + offset);
  }

  public boolean instrumentFlag(int offset) {
    return record.get(INSTRUMENT + offset) != 0;
  }

  private int flags() {
    return record.getInt(12);
  }

  private byte[] name(int at) {
    int n = 0;
    while (n < NAME && record.get(at + n) != 0) {
      n++;
    }
    return Arrays.copyOfRange(record.array(), at, at + n);
  }
}
