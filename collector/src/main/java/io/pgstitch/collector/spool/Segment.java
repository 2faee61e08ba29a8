package io.pgstitch.collector.spool;

import java.nio.file.Path;

/** One file of a spool, as far as it has been written, read and acknowledged. */
final class Segment {
  final long number;
  final Path file;
  final SegmentHeader header;

  /** Bytes in the file. */
  long size;

  /** Batches in it that Kafka has not acknowledged. */
  long waiting;

  /** Time of its first batch, 0 while it has none. */
  long firstUtcMillis;

  /** Where the last batch ends that was read from it. */
  long readEnd = SegmentHeader.BYTES;

  /** Where the last batch ends that was acknowledged. */
  long acknowledgedEnd = SegmentHeader.BYTES;

  /** Whether nothing more will be written to it, or read from it. */
  boolean finished;

  /** Whether it held something that could not be read. */
  boolean damaged;

  /** Whether its file is no more. */
  boolean gone;

  Segment(long number, Path file, SegmentHeader header, long size) {
    this.number = number;
    this.file = file;
    this.header = header;
    this.size = size;
    this.waiting = header.batches();
    this.firstUtcMillis = header.firstUtcMillis();
  }

  /**
   * Goes on where an earlier process had it acknowledged.
   *
   * @return where the next batch begins
   */
  long resumeAt(long offset) {
    readEnd = Math.max(SegmentHeader.BYTES, offset);
    acknowledgedEnd = readEnd;
    waiting -= waiting * readEnd / size;
    return readEnd;
  }

  /** Whether all that could be read from it has been acknowledged. */
  boolean isDone() {
    return finished && acknowledgedEnd >= readEnd;
  }
}
