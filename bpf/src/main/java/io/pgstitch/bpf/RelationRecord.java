package io.pgstitch.bpf;

import static io.pgstitch.bpf.RecordWindow.HEADER;

/** A relation that a backend opened: {@code struct relation_event}. */
public final class RelationRecord {
  private final RecordWindow record;

  RelationRecord(RecordWindow record) {
    this.record = record;
  }

  /** When the server started, nanoseconds of CLOCK_BOOTTIME. */
  public long serverStartNanos() {
    return record.word(HEADER);
  }

  /** Of the postmaster, as the host numbers it. */
  public int serverPid() {
    return record.number(HEADER + 8);
  }

  /** OID of its database, 0 for a shared catalog. */
  public long database() {
    return record.unsigned(HEADER + 12);
  }

  /** Its relfilenode. */
  public long file() {
    return record.unsigned(HEADER + 16);
  }

  public long tablespace() {
    return record.unsigned(HEADER + 20);
  }

  public long oid() {
    return record.unsigned(HEADER + 24);
  }

  /** Number of the backend whose temporary relation it is, -1 of a permanent one. */
  public int backend() {
    return record.number(HEADER + 28);
  }

  /** In the encoding of its database. */
  public byte[] name() {
    return record.terminated(HEADER + 32, RecordWindow.NAME_LENGTH);
  }
}
