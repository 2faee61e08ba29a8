package io.pgstitch.processor.topology;

import io.pgstitch.processor.stitch.Counter;
import io.pgstitch.processor.stitch.SessionStitcher;
import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.schema.OpenQuery;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Which running statements readers of the topic of open queries see. Looked at once in a while, so
 * that a batch costs nothing: what runs for long enough is published, again when it changed, and a
 * tombstone follows when it runs no more. Under {@code o/ID} the store has what readers see, in the
 * same transaction as the records, so that no restart leaves a statement in the topic for ever.
 */
final class OpenQueries {
  private static final String PREFIX = "o/";
  private static final String PREFIX_END = "o0";

  /** How old the time of the last event may be that readers see. */
  private static final long REFRESH_MS = 10_000;

  private final KeyValueStore<String, byte[]> store;
  private final StitchCounters counters;
  private final long afterMs;
  private final Map<String, Shown> shown = new HashMap<>();

  /** A statement that runs, since when this instance knows it, and what readers see of it. */
  private static final class Shown {
    private final long trace;
    private final long sinceMs;
    private boolean published;
    private OpenQuery last;
    private long publishedMs;

    Shown(long trace, long sinceMs) {
      this.trace = trace;
      this.sinceMs = sinceMs;
    }
  }

  OpenQueries(KeyValueStore<String, byte[]> store, StitchCounters counters, Duration after) {
    this.store = store;
    this.counters = counters;
    this.afterMs = after.toMillis();
  }

  /** What readers see from before; ids of its sessions. */
  List<String> restore(long nowMs) {
    List<String> ids = new ArrayList<>();
    try (KeyValueIterator<String, byte[]> all = store.range(PREFIX, PREFIX_END)) {
      while (all.hasNext()) {
        KeyValue<String, byte[]> entry = all.next();
        String id = entry.key.substring(PREFIX.length());
        Shown before = new Shown(ByteBuffer.wrap(entry.value).getLong(), nowMs - afterMs);
        before.published = true;
        shown.put(id, before);
        ids.add(id);
      }
    }
    return ids;
  }

  /**
   * Publishes what changed.
   *
   * @param session gives a session that is not among these by its id, null when it has ended
   * @param topic takes records and, as null, tombstones by the session's id
   */
  void publish(
      Map<String, SessionStitcher> sessions,
      Function<String, SessionStitcher> session,
      long nowMs,
      BiConsumer<String, OpenQuery> topic) {
    for (String id : List.copyOf(shown.keySet())) {
      SessionStitcher stitcher = session.apply(id);
      Shown before = shown.get(id);
      if (stitcher == null || stitcher.openTrace() != before.trace) {
        shown.remove(id);
        if (before.published) {
          store.delete(PREFIX + id);
          send(id, null, topic);
        }
      }
    }
    sessions.forEach((id, stitcher) -> look(id, stitcher, nowMs, topic));
  }

  private void look(
      String id, SessionStitcher stitcher, long nowMs, BiConsumer<String, OpenQuery> topic) {
    long trace = stitcher.openTrace();
    if (trace == 0) {
      return;
    }
    // By this host's own clock: those of the servers may differ.
    Shown now = shown.computeIfAbsent(id, i -> new Shown(trace, nowMs));
    if (nowMs - now.sinceMs < afterMs) {
      return;
    }
    OpenQuery query = stitcher.openQuery();
    if (query == null || (now.last != null && !isNews(now, query, nowMs))) {
      return;
    }
    if (!now.published) {
      store.put(PREFIX + id, ByteBuffer.allocate(Long.BYTES).putLong(trace).array());
    }
    now.published = true;
    now.last = query;
    now.publishedMs = nowMs;
    send(id, query, topic);
  }

  private void send(String id, OpenQuery query, BiConsumer<String, OpenQuery> topic) {
    counters.add(Counter.OPEN_QUERIES_PUBLISHED, 1);
    topic.accept(id, query);
  }

  private static boolean isNews(Shown now, OpenQuery query, long nowMs) {
    OpenQuery last = now.last;
    boolean changed =
        last.getLevel() != query.getLevel()
            || last.getCallStartUtcNs() != query.getCallStartUtcNs()
            || last.getWaitStartUtcNs() != query.getWaitStartUtcNs()
            || last.getComplete() != query.getComplete()
            || last.getLostEvents() != query.getLostEvents()
            || last.getDepth() != query.getDepth()
            || !last.getCall().equals(query.getCall())
            || !last.getText().equals(query.getText())
            || !Objects.equals(last.getNestedText(), query.getNestedText());
    return changed
        || (nowMs - now.publishedMs >= REFRESH_MS && last.getHeardUtcNs() != query.getHeardUtcNs());
  }
}
