package io.pgstitch.collector.encode;

import java.io.IOException;
import java.util.Arrays;
import org.apache.avro.io.BinaryEncoder;

/**
 * Where among the events of one backend others began to wait for a lock that it holds. They are
 * sent with its next events, and before that once without any.
 */
final class WaitedFor {
  private long[] places = new long[4];
  private int count;
  private boolean untold;

  /** Another backend begins to wait, after the event of this number. */
  void at(long sequence) {
    if (count > 0 && places[count - 1] == sequence) {
      return;
    }
    if (count == places.length) {
      places = Arrays.copyOf(places, 2 * count);
    }
    places[count++] = sequence;
    untold = true;
  }

  /** Whether a place has been sent in no batch yet. */
  boolean isUntold() {
    return untold;
  }

  /** A batch without events has been sent; that it arrives does not matter. */
  void told() {
    untold = false;
  }

  /** A batch with events has taken them: where it gets lost, its number of events says so. */
  void toldWithEvents() {
    untold = false;
    count = 0;
  }

  void write(BinaryEncoder out) throws IOException {
    out.writeArrayStart();
    out.setItemCount(count);
    for (int i = 0; i < count; i++) {
      out.startItem();
      out.writeLong(places[i]);
    }
    out.writeArrayEnd();
  }
}
