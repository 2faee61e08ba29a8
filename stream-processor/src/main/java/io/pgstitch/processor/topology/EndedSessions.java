package io.pgstitch.processor.topology;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Sessions whose end was seen, kept for a while: a batch of theirs that comes again, or from a
 * second collector, must not begin them anew. Under {@code e/ID} the store has when they ended.
 */
final class EndedSessions {
  /** How long they are kept, by this host's clock. */
  static final Duration KEPT = Duration.ofMinutes(10);

  private static final String PREFIX = "e/";
  private static final String PREFIX_END = "e0";

  private final KeyValueStore<String, byte[]> store;

  EndedSessions(KeyValueStore<String, byte[]> store) {
    this.store = store;
  }

  boolean has(String id) {
    return store.get(PREFIX + id) != null;
  }

  void add(String id, long wallMs) {
    store.put(PREFIX + id, ByteBuffer.allocate(Long.BYTES).putLong(wallMs).array());
  }

  /** Forgets those that ended long ago. */
  void forgetOld(long wallMs) {
    List<String> old = new ArrayList<>();
    try (KeyValueIterator<String, byte[]> all = store.range(PREFIX, PREFIX_END)) {
      while (all.hasNext()) {
        KeyValue<String, byte[]> entry = all.next();
        if (ByteBuffer.wrap(entry.value).getLong() < wallMs - KEPT.toMillis()) {
          old.add(entry.key);
        }
      }
    }
    old.forEach(store::delete);
  }
}
