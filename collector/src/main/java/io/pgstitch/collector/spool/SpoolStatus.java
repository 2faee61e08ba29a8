package io.pgstitch.collector.spool;

import java.nio.file.Path;

/**
 * What is in a spool, and what it could not keep.
 *
 * @param directory where it is
 * @param batches that wait on disk and Kafka has not acknowledged
 * @param bytes of its files
 * @param oldestUtcMillis time of the oldest of them, 0 when there is none
 * @param droppedBatches batches that were dropped, for any of the reasons below
 * @param droppedFull events in batches that were dropped because the spool had its size
 * @param droppedDisk events in batches that were dropped because the disk was full or failed
 * @param droppedQueue events in batches that came faster than they could be written or sent
 * @param corruptRecords places where a file of an earlier run could not be read; what stood there
 *     is missing, and is a gap in the sequence of its backends
 * @param tornBytes at the ends of files that a crash left unfinished
 */
public record SpoolStatus(
    Path directory,
    long batches,
    long bytes,
    long oldestUtcMillis,
    long droppedBatches,
    long droppedFull,
    long droppedDisk,
    long droppedQueue,
    long corruptRecords,
    long tornBytes) {

  /** Events in all batches that were dropped. */
  public long droppedEvents() {
    return droppedFull + droppedDisk + droppedQueue;
  }

  /** The same with batches that came faster than they could be taken. */
  public SpoolStatus plusOverrun(long overrunBatches, long overrunEvents) {
    return new SpoolStatus(
        directory,
        batches,
        bytes,
        oldestUtcMillis,
        droppedBatches + overrunBatches,
        droppedFull,
        droppedDisk,
        droppedQueue + overrunEvents,
        corruptRecords,
        tornBytes);
  }
}
