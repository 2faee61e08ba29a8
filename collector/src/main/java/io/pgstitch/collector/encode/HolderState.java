package io.pgstitch.collector.encode;

import io.pgstitch.schema.ActivityState;
import io.pgstitch.schema.HolderSight;

/**
 * What a holder of a lock did when another backend began to wait for it: the fields of LockHolder
 * in RawEventBatch.avsc.
 *
 * @param pid in the server's pid namespace
 * @param sight whether the rest is known
 * @param hostPid pid on the host
 * @param startNanos start of its process, CLOCK_BOOTTIME
 * @param level in force, 0 not traced
 * @param state number in Avro of what it had last reported of its activity
 * @param sequence number of its last event
 * @param statementNanos when its statement began, CLOCK_MONOTONIC, 0 not seen
 * @param certain whether that follows from its events without doubt
 * @param text of its message in UTF-8 where a comment may carry a trace context, else empty
 * @param contextUnknown whether it may have a context that the text does not tell
 * @param mayBeLeftOut whether sampling may have decided on its statement already
 */
public record HolderState(
    int pid,
    HolderSight sight,
    int hostPid,
    long startNanos,
    int level,
    int state,
    long sequence,
    long statementNanos,
    boolean certain,
    byte[] text,
    boolean contextUnknown,
    boolean mayBeLeftOut) {

  private static final byte[] NO_TEXT = {};
  private static final int NO_STATE =
      ActivityState.SCHEMA$.getEnumOrdinal(ActivityState.UNKNOWN.name());

  /** One of which nothing is known but why. */
  public static HolderState unknown(int pid, HolderSight sight) {
    return new HolderState(pid, sight, 0, 0, 0, NO_STATE, 0, 0, false, NO_TEXT, false, true);
  }
}
