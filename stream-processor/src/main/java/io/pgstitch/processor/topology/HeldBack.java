package io.pgstitch.processor.topology;

import io.pgstitch.processor.stitch.Counter;
import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.schema.QueryTrace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.message.MissingSchemaException;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The traces that each session ran last within its transaction, where sampling would leave them out
 * if nobody waits for its locks. It is one, as a statement's begin settles what ran before it; were
 * there more, none would be lost. In the store of the sessions under {@code w/ID/NUMBER}, the
 * number of four digits.
 */
final class HeldBack {
  private static final String PREFIX = "w/";
  private static final String PREFIX_END = "w0";

  private final KeyValueStore<String, byte[]> store;
  private final StitchCounters counters;
  private final Map<String, Integer> held = new HashMap<>();
  private long count;

  HeldBack(KeyValueStore<String, byte[]> store, StitchCounters counters) {
    this.store = store;
    this.counters = counters;
    try (KeyValueIterator<String, byte[]> all = store.range(PREFIX, PREFIX_END)) {
      while (all.hasNext()) {
        String key = all.next().key;
        held.merge(key.substring(PREFIX.length(), key.lastIndexOf('/')), 1, Integer::sum);
        count(1);
      }
    }
  }

  /** Puts one behind those of a session. */
  void add(String id, QueryTrace trace) {
    int number = held.getOrDefault(id, 0);
    try {
      ByteBuffer bytes = trace.toByteBuffer();
      byte[] value = new byte[bytes.remaining()];
      bytes.get(value);
      store.put(key(id, number), value);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    held.put(id, number + 1);
    count(1);
  }

  /** Takes those of a session out, in order, without what another version put there. */
  List<QueryTrace> take(String id) {
    Integer numbers = held.remove(id);
    if (numbers == null) {
      return List.of();
    }
    List<QueryTrace> traces = new ArrayList<>();
    for (int number = 0; number < numbers; number++) {
      byte[] value = store.delete(key(id, number));
      count(-1);
      try {
        traces.add(QueryTrace.fromByteBuffer(ByteBuffer.wrap(value)));
      } catch (MissingSchemaException e) {
        counters.add(Counter.STATES_DISCARDED, 1);
      } catch (IOException e) {
        throw new UncheckedIOException("a stored trace is damaged", e);
      }
    }
    return traces;
  }

  /** Counts them no more. */
  void close() {
    count(-count);
  }

  private static String key(String id, int number) {
    return "%s%s/%04d".formatted(PREFIX, id, number);
  }

  private void count(long change) {
    count += change;
    counters.add(Counter.HELD_BACK, change);
  }
}
