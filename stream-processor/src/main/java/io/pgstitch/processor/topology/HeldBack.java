package io.pgstitch.processor.topology;

import io.pgstitch.processor.stitch.Counter;
import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.schema.QueryTrace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.apache.avro.message.MissingSchemaException;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The trace that each session ran last within its transaction, where sampling would leave it out if
 * nobody waits for its locks: in the store of the sessions under {@code w/ID}.
 */
final class HeldBack {
  private static final String PREFIX = "w/";
  private static final String PREFIX_END = "w0";

  private final KeyValueStore<String, byte[]> store;
  private final StitchCounters counters;
  private long count;

  HeldBack(KeyValueStore<String, byte[]> store, StitchCounters counters) {
    this.store = store;
    this.counters = counters;
    long found = 0;
    try (KeyValueIterator<String, byte[]> all = store.range(PREFIX, PREFIX_END)) {
      for (; all.hasNext(); all.next()) {
        found++;
      }
    }
    count(found);
  }

  void put(String id, QueryTrace trace) {
    try {
      ByteBuffer bytes = trace.toByteBuffer();
      byte[] value = new byte[bytes.remaining()];
      bytes.get(value);
      store.put(PREFIX + id, value);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    count(1);
  }

  /** Takes it out; null when there is none, or another version of the processor put it there. */
  QueryTrace take(String id) {
    byte[] value = store.delete(PREFIX + id);
    if (value == null) {
      return null;
    }
    count(-1);
    try {
      return QueryTrace.fromByteBuffer(ByteBuffer.wrap(value));
    } catch (MissingSchemaException e) {
      counters.add(Counter.STATES_DISCARDED, 1);
      return null;
    } catch (IOException e) {
      throw new UncheckedIOException("a stored trace is damaged", e);
    }
  }

  /** Counts them no more. */
  void close() {
    count(-count);
  }

  private void count(long change) {
    count += change;
    counters.add(Counter.HELD_BACK, change);
  }
}
