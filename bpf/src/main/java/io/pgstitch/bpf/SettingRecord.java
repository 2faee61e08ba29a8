package io.pgstitch.bpf;

import static io.pgstitch.bpf.RecordWindow.HEADER;

/**
 * A setting that is the tracer's business, or a change of the level: {@code struct setting_event}.
 */
public final class SettingRecord {
  /** {@link #cause}: SET, RESET, set_config(), or the session's start. */
  public static final int CAUSE_GIVEN = 0;

  /** {@link #cause}: switched from outside of the server. */
  public static final int CAUSE_OPERATOR = 3;

  /** {@link #cause}: no transaction can take the level back any more; nothing happened. */
  public static final int CAUSE_SETTLED = 4;

  public static final int IS_RESET = 1;
  public static final int IS_LOCAL = 2;
  public static final int BY_SUPERUSER = 4;
  public static final int REFUSED = 8;
  public static final int INVALID = 16;

  private final RecordWindow record;

  SettingRecord(RecordWindow record) {
    this.record = record;
  }

  /** One of the CAUSE constants. */
  public int cause() {
    return record.number(HEADER);
  }

  /** GucSource of the server, -1 for what is none of its settings. */
  public int source() {
    return record.number(HEADER + 4);
  }

  /** Level in force after the setting. */
  public int level() {
    return record.number(HEADER + 8);
  }

  public int levelBefore() {
    return record.number(HEADER + 12);
  }

  /** Sum of what was true of it: {@link #IS_RESET} and those behind it. */
  public int properties() {
    return record.number(HEADER + 16);
  }

  /** As it was written by who set it. */
  public byte[] name() {
    return record.terminated(HEADER + 24, RecordWindow.NAME_LENGTH);
  }
}
