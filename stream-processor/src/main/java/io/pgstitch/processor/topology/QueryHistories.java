package io.pgstitch.processor.topology;

import io.pgstitch.processor.stitch.QueryHistory;
import io.pgstitch.processor.stitch.UsualTimes;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.QueryTrace;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * How long the queries of one partition took, by server, database and query id: under {@code q/...}
 * the store has each history, preceded by the number of its last use. Those that were not used for
 * longest go when there are too many; uses are numbered, so that the same input forgets the same
 * queries.
 */
final class QueryHistories implements UsualTimes {
  /** A history has some tens of bytes; with its key and in memory some hundreds. */
  static final int MOST = 4096;

  private static final String PREFIX = "q/";
  private static final String PREFIX_END = "q0";

  private final KeyValueStore<String, byte[]> store;
  private final Map<String, Used> histories = new LinkedHashMap<>(16, 0.75f, true);
  private final Set<String> changed = new LinkedHashSet<>();
  private long uses;

  /** A history and the number of its last use. */
  private record Used(QueryHistory history, long use) {}

  /** As the store has them. */
  QueryHistories(KeyValueStore<String, byte[]> store) {
    this.store = store;
    saved()
        .sorted(Comparator.comparingLong(entry -> ByteBuffer.wrap(entry.value).getLong()))
        .forEach(
            entry -> {
              ByteBuffer value = ByteBuffer.wrap(entry.value);
              uses = value.getLong();
              histories.put(entry.key, new Used(new QueryHistory(value), uses));
            });
  }

  private Stream<KeyValue<String, byte[]>> saved() {
    List<KeyValue<String, byte[]>> all = new ArrayList<>();
    try (KeyValueIterator<String, byte[]> entries = store.range(PREFIX, PREFIX_END)) {
      entries.forEachRemaining(all::add);
    }
    return all.stream();
  }

  @Override
  public long usualBefore(QueryTrace trace) {
    String key = key(trace);
    Used used = histories.get(key);
    QueryHistory history = used == null ? new QueryHistory() : used.history();
    long usualNs = history.usualNs();
    history.add(trace.getEndUtcNs() - trace.getStartUtcNs());
    uses++;
    histories.put(key, new Used(history, uses));
    changed.add(key);
    if (histories.size() > MOST) {
      String oldest = histories.keySet().iterator().next();
      histories.remove(oldest);
      changed.remove(oldest);
      store.delete(oldest);
    }
    return usualNs;
  }

  /** Writes what was changed since the last time. */
  void save() {
    for (String key : changed) {
      Used used = histories.get(key);
      byte[] history = used.history().bytes();
      store.put(
          key,
          ByteBuffer.allocate(Long.BYTES + history.length)
              .putLong(used.use())
              .put(history)
              .array());
    }
    changed.clear();
  }

  private static String key(QueryTrace trace) {
    Backend backend = trace.getBackend();
    return PREFIX
        + String.join(
            "/",
            backend.getCluster(),
            backend.getHost(),
            String.valueOf(backend.getServerPort()),
            String.valueOf(trace.getQueryId()),
            backend.getDatabase());
  }
}
