package io.pgstitch.collector.encode;

import io.pgstitch.bpf.WaitNow;
import java.io.IOException;
import java.util.List;
import org.apache.avro.io.BinaryEncoder;

/**
 * Writes the wait of a sign of life. The order of the writes is the order of the fields of OpenWait
 * in RawEventBatch.avsc.
 */
final class OpenWaits {
  private static final int NONE = 0;
  private static final int WAIT = 1;

  private OpenWaits() {}

  /** Writes the union's branch and the wait, null for none. */
  static void write(WaitNow wait, EventNames names, BinaryEncoder out) throws IOException {
    if (wait == null) {
      out.writeIndex(NONE);
      return;
    }
    out.writeIndex(WAIT);
    EventNames.WaitName named = names.wait(wait.event());
    out.writeBytes(named.eventClass());
    out.writeBytes(named.name());
    out.writeLong(wait.startNanos());
    // Each once: a leader and its workers are one holder.
    List<Integer> holders = wait.holders().stream().distinct().toList();
    out.writeArrayStart();
    out.setItemCount(holders.size());
    for (int pid : holders) {
      out.startItem();
      out.writeInt(pid);
    }
    out.writeArrayEnd();
  }
}
