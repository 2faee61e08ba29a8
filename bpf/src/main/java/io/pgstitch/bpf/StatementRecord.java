package io.pgstitch.bpf;

import static io.pgstitch.bpf.RecordWindow.HEADER;

/** What is planned or executed: {@code struct statement_event}. */
public final class StatementRecord {
  private final RecordWindow record;

  StatementRecord(RecordWindow record) {
    this.record = record;
  }

  /** QueryDesc; 0 for what is planned, and for a utility command. */
  public long object() {
    return record.word(HEADER);
  }

  /** As the server computes it; 0 none. */
  public long queryId() {
    return record.word(HEADER + 8);
  }

  /** CmdType of nodes/nodes.h; 0 not known. */
  public int command() {
    return record.number(HEADER + 16);
  }

  /** Byte in the message's text at which it begins, -1 not known. */
  public int location() {
    return record.number(HEADER + 20);
  }

  /** Bytes; 0 to the end of the text. */
  public int length() {
    return record.number(HEADER + 24);
  }
}
