package io.pgstitch.processor.topology;

import io.pgstitch.processor.stitch.SavedSessions;
import io.pgstitch.processor.stitch.SessionStitcher;
import io.pgstitch.processor.stitch.StitchOutput;
import io.pgstitch.processor.stitch.StoreChange;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Sessions in a key-value store: under {@code s/ID} the state, preceded by the times of its last
 * event and of its last change, and under {@code c/ID/NUMBER} chunks of pending output.
 */
final class SessionStore {
  private static final String STATE = "s/";
  private static final String STATE_END = "s0";
  private static final int TIMES = 2 * Long.BYTES;

  private final KeyValueStore<String, byte[]> store;
  private final SavedSessions saved;

  SessionStore(KeyValueStore<String, byte[]> store, SavedSessions saved) {
    this.store = store;
    this.saved = saved;
  }

  /** A session as the store has it, null when it has none. */
  SessionStitcher load(String id, StitchOutput output) {
    byte[] value = store.get(STATE + id);
    if (value == null) {
      return null;
    }
    byte[] state = new byte[value.length - TIMES];
    System.arraycopy(value, TIMES, state, 0, state.length);
    return saved.restore(state, number -> store.get(chunk(id, number)), output);
  }

  void save(String id, SessionStitcher stitcher, long eventMs, long wallMs) {
    StoreChange change = saved.change(stitcher);
    for (long number = change.deleteFrom(); number < change.deleteTo(); number++) {
      store.delete(chunk(id, number));
    }
    if (stitcher.ended()) {
      store.delete(STATE + id);
      return;
    }
    if (change.chunk() != null) {
      store.put(chunk(id, change.chunkNumber()), change.chunk());
    }
    byte[] state = saved.state(stitcher);
    store.put(
        STATE + id,
        ByteBuffer.allocate(TIMES + state.length)
            .putLong(eventMs)
            .putLong(wallMs)
            .put(state)
            .array());
  }

  /** Saves a session that was changed though nothing was heard of it: its times stay. */
  void saveUnheard(String id, SessionStitcher stitcher) {
    ByteBuffer before = ByteBuffer.wrap(store.get(STATE + id));
    save(id, stitcher, before.getLong(0), before.getLong(Long.BYTES));
  }

  /** Ids of sessions whose last event came at such a time, milliseconds UTC. */
  List<String> lastEventAt(LongPredicate time) {
    return idsBy(0, time);
  }

  /** Ids of sessions that were last changed at such a time, milliseconds UTC. */
  List<String> lastChangedAt(LongPredicate time) {
    return idsBy(Long.BYTES, time);
  }

  private List<String> idsBy(int offset, LongPredicate time) {
    List<String> ids = new ArrayList<>();
    try (KeyValueIterator<String, byte[]> all = store.range(STATE, STATE_END)) {
      while (all.hasNext()) {
        KeyValue<String, byte[]> entry = all.next();
        if (time.test(ByteBuffer.wrap(entry.value).getLong(offset))) {
          ids.add(entry.key.substring(STATE.length()));
        }
      }
    }
    return ids;
  }

  private static String chunk(String id, long number) {
    return "c/" + id + '/' + number;
  }
}
