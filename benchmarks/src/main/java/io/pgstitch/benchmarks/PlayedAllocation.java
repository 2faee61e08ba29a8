package io.pgstitch.benchmarks;

import io.pgstitch.collector.encode.EncodedBatch;

/**
 * What the thread that reads the ring allocates, with recorded events of sessions that last.
 *
 * @param all bytes for an event
 * @param records how many of those are the records that it hands over, which live until Kafka has
 *     them
 * @param events in all batches of one time that the recording was played
 */
record PlayedAllocation(double all, double records, long events) {

  private static final class Tally {
    private long events;
    private long bytes;

    boolean add(EncodedBatch batch) {
      events += batch.events();
      bytes += batch.value().length;
      return true;
    }
  }

  /** Plays it often enough to have it compiled, then once. */
  static PlayedAllocation of(RingRecording recording) {
    Tally tally = new Tally();
    Playback playback = new Playback(recording, 1, tally::add);
    double all =
        Allocation.each(
            () -> {
              tally.events = 0;
              tally.bytes = 0;
              playback.play();
              return tally.events;
            });
    return new PlayedAllocation(all, (double) tally.bytes / tally.events, tally.events);
  }

  /** Bytes for an event that are not in a record in the end. */
  double besideRecords() {
    return all - records;
  }
}
