package io.pgstitch.processor.replay;

import io.pgstitch.processor.stitch.SavedSessions;
import io.pgstitch.processor.stitch.SessionStitcher;
import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.stitch.StitchLimits;
import io.pgstitch.processor.stitch.StitchOutput;
import io.pgstitch.processor.stitch.StoreChange;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Sessions that have not ended. Each is saved after each batch, as the live processor does it, so
 * that a batch that cannot be stitched changes nothing, and only the busiest are held as objects.
 */
final class OpenSessions {
  private static final int KEPT_AS_OBJECTS = 1_000;

  private final SavedSessions codec;
  private final Map<String, Saved> saved = new HashMap<>();
  private final Map<String, SessionStitcher> live = new LinkedHashMap<>(16, 0.75f, true);

  /** State and chunks of pending output of one session. */
  private static final class Saved {
    private byte[] state;
    private final Map<Long, byte[]> chunks = new HashMap<>();
  }

  OpenSessions(StitchLimits limits, StitchCounters counters) {
    this.codec = new SavedSessions(limits, counters);
  }

  /** A session as it was last saved; null when there is none. */
  SessionStitcher get(String id, StitchOutput output) {
    SessionStitcher stitcher = live.get(id);
    if (stitcher != null) {
      return stitcher;
    }
    Saved session = saved.get(id);
    return session == null ? null : codec.restore(session.state, session.chunks::get, output);
  }

  /** Keeps what the session is now. */
  void save(String id, SessionStitcher stitcher) {
    StoreChange change = codec.change(stitcher);
    if (stitcher.ended()) {
      live.remove(id);
      saved.remove(id);
      return;
    }
    Saved session = saved.computeIfAbsent(id, any -> new Saved());
    for (long number = change.deleteFrom(); number < change.deleteTo(); number++) {
      session.chunks.remove(number);
    }
    if (change.chunk() != null) {
      session.chunks.put(change.chunkNumber(), change.chunk());
    }
    session.state = codec.state(stitcher);
    live.put(id, stitcher);
    if (live.size() > KEPT_AS_OBJECTS) {
      live.remove(live.keySet().iterator().next());
    }
  }

  /** Forgets what was done since it was last saved. */
  void backToSaved(String id) {
    live.remove(id);
  }

  /** Their ids, sorted. */
  List<String> ids() {
    return saved.keySet().stream().sorted().toList();
  }
}
