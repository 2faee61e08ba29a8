package io.pgstitch.bpf;

import static io.pgstitch.bpf.RecordWindow.HEADER;

/** What contradicts the structs that are known of a server: {@code struct layout_event}. */
public final class LayoutRecord {
  private final RecordWindow record;

  LayoutRecord(RecordWindow record) {
    this.record = record;
  }

  /** Index of the binary that it is about. */
  public int binary() {
    return record.number(HEADER);
  }

  /** {@code enum layout_part}. */
  public int part() {
    return record.number(HEADER + 4);
  }

  /** {@code enum layout_check}. */
  public int check() {
    return record.number(HEADER + 8);
  }

  /** What should have stood there; for some checks 0. */
  public long expected() {
    return record.word(HEADER + 16);
  }

  /** What stood there. */
  public long found() {
    return record.word(HEADER + 24);
  }
}
