package io.pgstitch.collector.encode;

/** Where finished batches go. */
@FunctionalInterface
public interface BatchSink {
  /**
   * Takes a batch, without waiting for anything.
   *
   * @return whether it was taken; one that was not is lost, and the next batch of its backend says
   *     so
   */
  boolean take(EncodedBatch batch);
}
