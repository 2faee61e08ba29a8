package io.pgstitch.bpf;

import static io.pgstitch.bpf.RecordWindow.HEADER;

/**
 * An error: {@code struct error_event}. Its message is {@link KernelEvent#text}, behind which the
 * other texts lie.
 */
public final class ErrorRecord {
  public static final int FLAG_FATAL = 0x400;

  static final int TEXTS = HEADER + 16;

  private final RecordWindow record;

  ErrorRecord(RecordWindow record) {
    this.record = record;
  }

  /** Whether it ends the session. */
  public boolean isFatal() {
    return (record.flags() & FLAG_FATAL) != 0;
  }

  /** PostgreSQL's packed SQLSTATE (ERROR, THROWN). */
  public int sqlstate() {
    return record.number(HEADER);
  }

  /** What the client was told besides the message, empty when nothing. */
  public byte[] detail() {
    return record.bytes(TEXTS + messageLength(), detailLength());
  }

  /** The hint that the client was given, empty when none. */
  public byte[] hint() {
    return record.bytes(TEXTS + messageLength() + detailLength(), hintLength());
  }

  int messageLength() {
    return record.number(HEADER + 4);
  }

  /** Bytes of the texts behind the message. */
  int behindMessage() {
    return detailLength() + hintLength();
  }

  private int detailLength() {
    return record.number(HEADER + 8);
  }

  private int hintLength() {
    return record.number(HEADER + 12);
  }
}
