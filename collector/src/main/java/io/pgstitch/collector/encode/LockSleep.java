package io.pgstitch.collector.encode;

import io.pgstitch.bpf.KernelEvent;
import io.pgstitch.schema.HolderSight;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.apache.avro.io.BinaryEncoder;

/**
 * The holders of the lock for which one backend last began to wait, as they were at that moment;
 * written with the wait when it has ended.
 */
final class LockSleep {
  /** Other waits may come between, e.g. for the lock table. */
  private static final int MOST_EVENTS_BETWEEN = 4;

  private static final int[] NONE = {};

  private final StringTable strings;
  private final Map<Integer, HolderState> holders = new LinkedHashMap<>();
  private long sequence = Long.MIN_VALUE;
  private long nanos;

  LockSleep(StringTable strings) {
    this.strings = strings;
  }

  /**
   * It begins to wait.
   *
   * @param states says what a process does, by its pid in the server's pid namespace
   */
  void begins(KernelEvent e, IntFunction<HolderState> states) {
    holders.clear();
    sequence = e.sequence();
    nanos = e.timeNanos();
    for (int i = 0; i < e.sleepHolders(); i++) {
      int pid = e.sleepHolder(i);
      if (pid != 0) {
        holders.computeIfAbsent(pid, states::apply);
      }
    }
  }

  /** Events were lost: what was noted may be of an earlier wait. */
  void forget() {
    holders.clear();
    sequence = Long.MIN_VALUE;
  }

  /** Writes the array of the holders of a wait that has ended. */
  void write(KernelEvent wait, BinaryEncoder out) throws IOException {
    int[] pids =
        wait.waited().lockMode() == 0
            ? NONE
            : IntStream.range(0, wait.waited().lockHolders())
                .map(wait.waited()::lockHolder)
                .distinct()
                .toArray();
    out.writeArrayStart();
    out.setItemCount(pids.length);
    for (int pid : pids) {
      out.startItem();
      write(state(pid, wait), out);
    }
    out.writeArrayEnd();
  }

  private HolderState state(int pid, KernelEvent wait) {
    if (pid == 0) {
      return HolderState.unknown(0, HolderSight.PREPARED);
    }
    long begin = wait.timeNanos() - wait.waited().durationNanos();
    boolean ofThis =
        sequence != Long.MIN_VALUE
            && begin >= nanos
            && wait.sequence() - sequence <= MOST_EVENTS_BETWEEN;
    HolderState known = ofThis ? holders.get(pid) : null;
    return known == null ? HolderState.unknown(pid, HolderSight.MISSED) : known;
  }

  private void write(HolderState holder, BinaryEncoder out) throws IOException {
    out.writeInt(holder.pid());
    out.writeEnum(HolderSight.getClassSchema().getEnumOrdinal(holder.sight().name()));
    out.writeInt(holder.hostPid());
    out.writeLong(holder.startNanos());
    out.writeInt(holder.level());
    out.writeEnum(holder.state());
    out.writeLong(holder.sequence());
    out.writeLong(holder.statementNanos());
    out.writeBoolean(holder.certain());
    out.writeInt(holder.text().length == 0 ? 0 : strings.indexOf(holder.text()));
    out.writeBoolean(holder.contextUnknown());
    out.writeBoolean(holder.mayBeLeftOut());
  }
}
