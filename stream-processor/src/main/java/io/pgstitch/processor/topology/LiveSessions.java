package io.pgstitch.processor.topology;

import io.pgstitch.processor.stitch.Counter;
import io.pgstitch.processor.stitch.SessionStitcher;
import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.stitch.StitchOutput;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The sessions of one task: their stitchers in memory, made from the store when they are asked for
 * first. Kafka Streams makes the processor that has them anew whenever a task begins or its
 * transaction was aborted, so what is in memory is never ahead of the store.
 */
final class LiveSessions {
  private final SessionStore store;
  private final StitchCounters counters;
  private final StitchOutput output;
  private final Map<String, SessionStitcher> live = new HashMap<>();
  private long open;

  /** Those that the store has. */
  LiveSessions(SessionStore store, StitchCounters counters, StitchOutput output) {
    this.store = store;
    this.counters = counters;
    this.output = output;
    count(store.lastEventAt(time -> true).size());
  }

  /** Those in memory, by their ids. */
  Map<String, SessionStitcher> inMemory() {
    return live;
  }

  /** A session that is in memory, null when it is not. */
  SessionStitcher inMemory(String id) {
    return live.get(id);
  }

  /** The stitcher of a session, null when nothing is known of it. */
  SessionStitcher find(String id) {
    SessionStitcher stitcher = live.get(id);
    if (stitcher == null) {
      stitcher = store.load(id, output);
      if (stitcher != null) {
        live.put(id, stitcher);
      }
    }
    return stitcher;
  }

  /** As the store has a session, for {@link #keep}; null when nothing is known of it. */
  SessionStitcher load(String id) {
    return store.load(id, output);
  }

  /** Keeps in memory what was loaded. */
  void keep(String id, SessionStitcher stitcher) {
    live.put(id, stitcher);
  }

  /** A session of which nothing was known. */
  void begin(String id, SessionStitcher stitcher) {
    count(1);
    live.put(id, stitcher);
  }

  /** Saves what a batch made of it. */
  void save(String id, SessionStitcher stitcher, long eventMs, long wallMs) {
    store.save(id, stitcher, eventMs, wallMs);
  }

  /** Saves a session that was changed though nothing was heard of it. */
  void saveUnheard(String id, SessionStitcher stitcher) {
    store.saveUnheard(id, stitcher);
  }

  /** It has ended, and the store has been told. */
  void ended(String id) {
    live.remove(id);
    count(-1);
  }

  /** Drops it from memory: what the store has is what counts. */
  void drop(String id) {
    live.remove(id);
  }

  /** Ids of sessions whose last event came before a time, milliseconds UTC. */
  List<String> lastEventBefore(long ms) {
    return store.lastEventAt(time -> time < ms);
  }

  /** Ids of sessions that were last changed before a time, milliseconds UTC. */
  List<String> lastChangedBefore(long ms) {
    return store.lastChangedAt(time -> time < ms);
  }

  /** Ids of all sessions. */
  List<String> all() {
    return store.lastEventAt(time -> true);
  }

  /**
   * Loads the sessions in which a statement runs: nothing may be heard of it for long, and readers
   * are to see it all the same, also when the task that had its events had not shown it yet.
   */
  void loadRunning() {
    for (String id : all()) {
      SessionStitcher stitcher = find(id);
      if (stitcher != null && stitcher.openTrace() == 0) {
        live.remove(id);
      }
    }
  }

  /** The task is somebody else's. */
  void close() {
    live.clear();
    count(-open);
  }

  private void count(long change) {
    open += change;
    counters.add(Counter.OPEN_SESSIONS, change);
  }
}
