package io.pgstitch.bpf;

import static io.pgstitch.bpf.RecordWindow.HEADER;

/** A value of a statement's parameters, or the last record of them: {@code struct bind_event}. */
public final class BindRecord {
  /** {@link #length} of a value whose end was not seen; the total of values that is not known. */
  public static final int UNKNOWN = -1;

  /** The most bytes of a value that are read. */
  public static final int MOST_BYTES = 4096;

  private static final int FLAG_LAST = 8;

  private final RecordWindow record;

  BindRecord(RecordWindow record) {
    this.record = record;
  }

  /** Query descriptor. */
  public long object() {
    return record.word(HEADER);
  }

  /** n of $n; in the last record how many values were sent. */
  public int position() {
    return record.number(HEADER + 8);
  }

  /** OID of the data type; in the last record how many values there are. */
  public int type() {
    return record.number(HEADER + 12);
  }

  /** Bytes of the whole value, {@link #UNKNOWN} when its end was not seen. */
  public int length() {
    return record.number(HEADER + 16);
  }

  /** {@code enum bind_state}. */
  public int state() {
    return record.number(HEADER + 24);
  }

  /** The bytes of the value that were read. */
  public byte[] bytes() {
    int head = HEADER + 32;
    return record.bytes(head, Math.min(record.number(HEADER + 20), record.length() - head));
  }

  /** Whether it is the last record of a query descriptor: it has counts instead of a value. */
  public boolean isLast() {
    return (record.flags() & FLAG_LAST) != 0;
  }
}
