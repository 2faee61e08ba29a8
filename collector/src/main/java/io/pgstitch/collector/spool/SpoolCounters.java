package io.pgstitch.collector.spool;

import io.pgstitch.collector.encode.EncodedBatch;
import java.nio.file.Path;

/** What a spool could not keep. */
final class SpoolCounters {
  private long droppedBatches;
  private long droppedFull;
  private long droppedDisk;
  private long corrupt;
  private long tornBytes;

  void dropped(EncodedBatch batch, boolean full) {
    droppedBatches++;
    if (full) {
      droppedFull += batch.span();
    } else {
      droppedDisk += batch.span();
    }
  }

  void corrupt(int places) {
    corrupt += places;
  }

  void torn(long bytes) {
    tornBytes += bytes;
  }

  SpoolStatus status(Path directory, long waiting, long bytes, long oldestUtcMillis) {
    return new SpoolStatus(
        directory,
        waiting,
        bytes,
        oldestUtcMillis,
        droppedBatches,
        droppedFull,
        droppedDisk,
        0,
        corrupt,
        tornBytes);
  }
}
