package io.pgstitch.collector.spool;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/** The segments of a spool, the oldest first, and the bytes that their files take. */
final class SegmentQueue implements Iterable<Segment> {
  private final SpoolDirectory directory;
  private final Deque<Segment> segments = new ArrayDeque<>();
  private long bytes;
  private long damagedBytes;

  SegmentQueue(SpoolDirectory directory) {
    this.directory = directory;
  }

  /** Puts one behind the others. */
  void add(Segment segment) {
    segments.addLast(segment);
    bytes += segment.size;
  }

  /** The youngest became longer. */
  void grown(int by) {
    bytes += by;
  }

  /** Null when there is none. */
  Segment oldest() {
    return segments.peekFirst();
  }

  /** The one that is read now or next, null when there is none. */
  Segment unfinished() {
    for (Segment segment : segments) {
      if (!segment.finished) {
        return segment;
      }
    }
    return null;
  }

  void deleteOldest() {
    Segment oldest = segments.removeFirst();
    leaves(oldest);
    SpoolDirectory.delete(oldest.file);
  }

  /** Takes away those of which nothing more is needed; damaged ones are kept aside. */
  void deleteDone() {
    while (!segments.isEmpty() && segments.peekFirst().isDone()) {
      if (segments.peekFirst().damaged) {
        Segment damaged = segments.removeFirst();
        leaves(damaged);
        directory.putAside(damaged.file);
        countDamaged();
      } else {
        deleteOldest();
      }
    }
  }

  private void leaves(Segment segment) {
    bytes -= segment.size;
    segment.gone = true;
  }

  /** Looks at what has been put aside. */
  void countDamaged() {
    damagedBytes = directory.damagedBytes();
  }

  /** Bytes of the segments. */
  long bytes() {
    return bytes;
  }

  /** The same with files that were put aside. */
  long bytesOfAll() {
    return bytes + damagedBytes;
  }

  /** Batches that Kafka has not acknowledged. */
  long waiting() {
    return segments.stream().mapToLong(segment -> Math.max(0, segment.waiting)).sum();
  }

  boolean isEmpty() {
    return segments.isEmpty();
  }

  @Override
  public Iterator<Segment> iterator() {
    return segments.iterator();
  }
}
