package io.pgstitch.processor.topology;

import io.pgstitch.processor.stitch.HeldTraces;
import io.pgstitch.processor.stitch.ParallelTeam;
import io.pgstitch.processor.stitch.SavedTeams;
import io.pgstitch.processor.stitch.TeamOutput;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Teams of parallel workers in the store of the sessions: under {@code t/KEY} the team of the
 * leader with that record key, preceded by the time of its last change, and under {@code
 * h/KEY/NUMBER} the traces that wait in it.
 */
final class TeamStore {
  private static final String TEAM = "t/";
  private static final String TEAM_END = "t0";

  private final KeyValueStore<String, byte[]> store;
  private final SavedTeams saved;

  TeamStore(KeyValueStore<String, byte[]> store, SavedTeams saved) {
    this.store = store;
    this.saved = saved;
  }

  /** A team as the store has it, or a new one. */
  ParallelTeam load(String key, TeamOutput output) {
    byte[] value = store.get(TEAM + key);
    byte[] state = null;
    if (value != null) {
      state = new byte[value.length - Long.BYTES];
      System.arraycopy(value, Long.BYTES, state, 0, state.length);
    }
    return saved.team(state, new Held(key), output);
  }

  void save(String key, ParallelTeam team, long wallMs) {
    byte[] state = team.saved();
    store.put(
        TEAM + key,
        ByteBuffer.allocate(Long.BYTES + state.length).putLong(wallMs).put(state).array());
  }

  void delete(String key) {
    store.delete(TEAM + key);
  }

  /** Keys of the teams that were last changed before a time, milliseconds UTC. */
  List<String> unchangedSince(long wallMs) {
    List<String> keys = new ArrayList<>();
    try (KeyValueIterator<String, byte[]> all = store.range(TEAM, TEAM_END)) {
      while (all.hasNext()) {
        KeyValue<String, byte[]> entry = all.next();
        if (ByteBuffer.wrap(entry.value).getLong() < wallMs) {
          keys.add(entry.key.substring(TEAM.length()));
        }
      }
    }
    return keys;
  }

  /** The traces that wait in one team; written when the team is. */
  private final class Held implements HeldTraces {
    private final String prefix;
    private final Map<Long, byte[]> changes = new LinkedHashMap<>();

    Held(String key) {
      this.prefix = "h/" + key + '/';
    }

    @Override
    public void put(long number, byte[] trace) {
      changes.put(number, trace);
    }

    @Override
    public byte[] take(long number) {
      byte[] unsaved = changes.put(number, null);
      return unsaved == null ? store.get(prefix + number) : unsaved;
    }

    @Override
    public void save() {
      changes.forEach(
          (number, trace) -> {
            if (trace == null) {
              store.delete(prefix + number);
            } else {
              store.put(prefix + number, trace);
            }
          });
      changes.clear();
    }
  }
}
