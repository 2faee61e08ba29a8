package io.pgstitch.collector.encode;

import io.pgstitch.bpf.KernelEvent;
import io.pgstitch.bpf.SessionRecord;
import java.io.IOException;
import java.util.Arrays;

/**
 * Blocks and WAL of one backend. The kernel's records have the server's totals; what is sent is by
 * how much they grew before an event.
 */
final class CounterDifferences {
  private final long[] buffers = new long[KernelEvent.BUFFER_COUNTERS];
  private final long[] moved = new long[KernelEvent.BUFFER_COUNTERS];
  private final long[] wal = new long[KernelEvent.WAL_COUNTERS];
  private final long[] walMade = new long[KernelEvent.WAL_COUNTERS];
  private boolean grown;

  /**
   * @param session whose totals are where it begins
   */
  CounterDifferences(SessionRecord session) {
    for (int i = 0; i < buffers.length; i++) {
      buffers[i] = session.buffers(i);
    }
    for (int i = 0; i < wal.length; i++) {
      wal[i] = session.wal(i);
    }
  }

  /** Takes a BUFFERS record. */
  void read(KernelEvent e) {
    for (int i = 0; i < buffers.length; i++) {
      long total = e.buffers(i);
      moved[i] += total - buffers[i];
      buffers[i] = total;
    }
    for (int i = 0; i < wal.length; i++) {
      long total = e.wal(i);
      walMade[i] += total - wal[i];
      wal[i] = total;
    }
    grown = true;
  }

  /** What has been used so far belongs to no event. */
  void forget() {
    Arrays.fill(moved, 0);
    Arrays.fill(walMade, 0);
    grown = false;
  }

  /** Writes what was used since the last event that had any, if there is some. */
  void writeTo(EventEncoder events) throws IOException {
    if (grown) {
      events.buffers(moved, walMade);
      forget();
    }
  }
}
