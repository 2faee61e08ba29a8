package io.pgstitch.processor.stitch;

import java.util.function.LongFunction;

/**
 * Saves stitchers as bytes and makes them again: a state that is written after each batch, and
 * chunks of pending output to which only is added. One instance per thread.
 */
public final class SavedSessions {
  private final SnapshotCodec codec = new SnapshotCodec();
  private final StitchLimits limits;
  private final StitchCounters counters;

  /** Restored stitchers get these limits and counters. */
  public SavedSessions(StitchLimits limits, StitchCounters counters) {
    this.limits = limits;
    this.counters = counters;
  }

  /**
   * What of the pending output has to be stored or deleted; to be asked once after each batch,
   * before {@link #state}.
   */
  public StoreChange change(SessionStitcher stitcher) {
    Session session = stitcher.session();
    PendingOutput pending = session.pending;
    long first = session.state.getFirstChunk();
    long next = session.state.getNextChunk();
    boolean rewrite = pending.savedAreStale() || stitcher.ended();
    long deleteTo = rewrite ? next : first;
    byte[] chunk = null;
    if (!pending.unsavedSpans().isEmpty() || !pending.unsavedRecords().isEmpty()) {
      chunk = codec.encodeChunk(pending.unsavedSpans(), pending.unsavedRecords());
    }
    if (rewrite) {
      session.state.setFirstChunk(next);
    }
    if (chunk != null) {
      session.state.setNextChunk(next + 1);
    }
    pending.markSaved();
    return new StoreChange(first, deleteTo, next, chunk);
  }

  /** The state as bytes. */
  public byte[] state(SessionStitcher stitcher) {
    return codec.encode(stitcher.session().backend, stitcher.session().state);
  }

  /**
   * Makes a stitcher from what was saved.
   *
   * @param chunks gives a chunk by its number
   * @return null when another version of the processor saved it, which is counted
   */
  public SessionStitcher restore(byte[] state, LongFunction<byte[]> chunks, StitchOutput output) {
    SnapshotCodec.Saved saved = codec.decode(state);
    if (saved == null) {
      counters.add(Counter.STATES_DISCARDED, 1);
      return null;
    }
    Session session = new Session(saved.state(), saved.backend(), limits, counters);
    for (long i = saved.state().getFirstChunk(); i < saved.state().getNextChunk(); i++) {
      codec.decodeChunk(chunks.apply(i), session.pending);
    }
    return new SessionStitcher(session, output);
  }
}
