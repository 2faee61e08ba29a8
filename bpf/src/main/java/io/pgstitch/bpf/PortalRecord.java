package io.pgstitch.bpf;

import static io.pgstitch.bpf.RecordWindow.HEADER;

/** A portal was defined: {@code struct portal_event}. */
public final class PortalRecord {
  private final RecordWindow record;

  PortalRecord(RecordWindow record) {
    this.record = record;
  }

  /** Of the Portal. */
  public long address() {
    return record.word(HEADER);
  }

  /** Of its first statement; 0 none. */
  public long queryId() {
    return record.word(HEADER + 8);
  }

  /** CommandTag, by the server's own number. */
  public int commandTag() {
    return record.number(HEADER + 16);
  }

  /** As {@link StatementRecord#location}, of its first statement. */
  public int location() {
    return record.number(HEADER + 20);
  }

  /** As {@link StatementRecord#length}. */
  public int statementLength() {
    return record.number(HEADER + 24);
  }

  /** Empty for the unnamed one. */
  public byte[] name() {
    return record.terminated(HEADER + 32, RecordWindow.NAME_LENGTH);
  }

  /** Name of its prepared statement, empty for none. */
  public byte[] statementName() {
    return record.terminated(HEADER + 32 + RecordWindow.NAME_LENGTH, RecordWindow.NAME_LENGTH);
  }
}
