package io.pgstitch.collector.spool;

import io.pgstitch.collector.encode.EncodedBatch;
import io.pgstitch.collector.spool.SpoolRoom.Obstacle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A queue of batches on disk, in segments: written at one end, read and then acknowledged at the
 * other. When there is no more room the oldest segment goes. Survives the process; what was read
 * and not acknowledged is read again by the next one. Not thread-safe.
 */
public final class Spool implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Spool.class);

  private final SpoolSettings settings;
  private final Framing framing;

  /** Null when nothing is kept on disk. */
  private final SpoolDirectory directory;

  private final BatchFormat format;
  private final LossLedger losses = new LossLedger();
  private final SpoolCounters counters = new SpoolCounters();
  private final SegmentQueue segments;
  private final SpoolRoom room;
  private final SpoolHead head;
  private final SpoolTail tail;
  private boolean changed;

  /** Where a batch ends. */
  public static final class Position {
    private final Segment segment;
    private final long end;

    private Position(Segment segment, long end) {
      this.segment = segment;
      this.end = end;
    }
  }

  /** A batch that was read. */
  public record Stored(EncodedBatch batch, Position position) {}

  private Spool(SpoolSettings settings, Framing framing, SpoolDirectory directory) {
    this.settings = settings;
    this.framing = framing;
    this.directory = directory;
    this.format = directory == null ? null : new BatchFormat();
    this.segments = new SegmentQueue(directory);
    this.room = new SpoolRoom(settings, directory, segments);
    this.head = new SpoolHead(format, counters);
    this.tail = new SpoolTail(framing, directory, segments, room);
  }

  /**
   * Opens the spool with what an earlier run left in it.
   *
   * @throws SpoolException when its directory cannot be used
   */
  public static Spool open(SpoolSettings settings, Framing framing) {
    if (!settings.enabled()) {
      return new Spool(settings, framing, null);
    }
    SpoolDirectory directory = SpoolDirectory.open(settings.directory());
    Spool spool = new Spool(settings, framing, directory);
    try {
      spool.takeOver();
      return spool;
    } catch (IOException e) {
      directory.close();
      throw new SpoolException(
          "the spool directory " + settings.directory() + " cannot be read: " + e, e);
    }
  }

  private void takeOver() throws IOException {
    for (Segment segment : directory.segments()) {
      segments.add(segment);
      tail.startAt(segment.number + 1);
    }
    counters.torn(directory.tornBytes());
    directory.mark().ifPresent(this::resume);
    segments.countDamaged();
    changed = true;
    checkpoint();
    room.warnOfNone();
  }

  private void resume(SpoolDirectory.Mark mark) {
    tail.startAt(mark.segment());
    while (!segments.isEmpty() && segments.oldest().number < mark.segment()) {
      segments.deleteOldest();
    }
    Segment oldest = segments.oldest();
    if (oldest != null && oldest.number == mark.segment() && mark.offset() <= oldest.size) {
      head.startAt(oldest.resumeAt(mark.offset()));
    }
  }

  /** The directory. */
  public Path directory() {
    return settings.directory();
  }

  /**
   * Puts a batch behind all others.
   *
   * @return where it ends, or null when there is no room for it that could be made
   */
  public Position append(EncodedBatch batch) {
    if (directory == null) {
      return null;
    }
    ByteBuffer record = format.encode(batch);
    try {
      while (true) {
        Obstacle obstacle = room.obstacleTo(record.remaining());
        if (obstacle == Obstacle.NONE) {
          try {
            return write(record, batch);
          } catch (IOException e) {
            record.rewind();
            if (!room.isShort(e, record.remaining())) {
              return null;
            }
            obstacle = Obstacle.DISK;
          }
        }
        if (!dropOldest(obstacle)) {
          return null;
        }
      }
    } catch (UncheckedIOException e) {
      room.say("cannot be used (" + e.getMessage() + ")");
      return null;
    }
  }

  private Position write(ByteBuffer record, EncodedBatch batch) throws IOException {
    if (tail.isFullFor(record.remaining())) {
      Segment sealed = tail.seal();
      if (sealed == segments.unfinished() && head.position() >= sealed.size) {
        head.finish(sealed);
        collect();
      }
    }
    Segment segment = tail.append(record, batch.utcMillis());
    changed = true;
    return new Position(segment, segment.size);
  }

  /** Makes room; false when there is nothing that could go. */
  private boolean dropOldest(Obstacle obstacle) {
    Segment oldest = segments.oldest();
    if (oldest == null || tail.isWriting(oldest)) {
      return false;
    }
    if (!oldest.finished) {
      for (EncodedBatch batch = head.read(oldest); batch != null; batch = head.read(oldest)) {
        losses.dropped(batch);
        counters.dropped(batch, obstacle == Obstacle.FULL);
      }
      head.close();
    }
    segments.deleteOldest();
    room.lookAgain();
    changed = true;
    return true;
  }

  /** Whether there may be batches that were not read. */
  public boolean hasUnread() {
    Segment segment = segments.unfinished();
    return segment != null && (!tail.isWriting(segment) || head.position() < segment.size);
  }

  /** The next batch that was not read, null when there is none. */
  public Stored next() {
    Segment segment = segments.unfinished();
    while (segment != null) {
      EncodedBatch batch = head.read(segment);
      if (batch != null) {
        segment.readEnd = head.position();
        byte[] unused = framing.reframed(batch.value(), segment.header.framing());
        return new Stored(losses.marked(batch), new Position(segment, segment.readEnd));
      }
      if (tail.isWriting(segment)) {
        return null;
      }
      head.finish(segment);
      collect();
      segment = segments.unfinished();
    }
    return null;
  }

  /** Takes all that was not read as read: it was put here as a copy of what is on its way. */
  public void skipUnread() {
    for (Segment segment : segments) {
      segment.readEnd = segment.size;
      segment.finished = !tail.isWriting(segment);
    }
    head.startAt(tail.position());
  }

  /** Kafka has this batch and all before it. */
  public void acknowledge(Position position) {
    Segment segment = position.segment;
    if (!segment.gone) {
      segment.acknowledgedEnd = position.end;
      segment.waiting--;
      changed = true;
      collect();
    }
  }

  /** Deletes what is no longer needed. */
  private void collect() {
    segments.deleteDone();
    Segment last = segments.oldest();
    if (last != null && tail.isWriting(last) && last.acknowledgedEnd >= last.size) {
      head.close();
      tail.close();
      segments.deleteOldest();
    }
    if (segments.isEmpty()) {
      room.forgetTrouble();
    }
  }

  /** The batch that goes past the spool, with what the spool dropped before it. */
  public EncodedBatch marked(EncodedBatch batch) {
    return losses.marked(batch);
  }

  /** A batch that {@link #append} did not take is dropped. */
  public void dropped(EncodedBatch batch) {
    counters.dropped(batch, room.isFull());
  }

  /** Notes on disk how far it was sent, for a process that takes over after a crash. */
  public void checkpoint() {
    if (directory == null || !changed) {
      return;
    }
    changed = false;
    Segment oldest = segments.oldest();
    try {
      tail.checkpoint();
      directory.mark(
          oldest == null
              ? new SpoolDirectory.Mark(tail.nextNumber(), 0)
              : new SpoolDirectory.Mark(oldest.number, oldest.acknowledgedEnd));
    } catch (IOException e) {
      // After a crash more is sent twice, which the processor drops.
      LOG.debug("the mark in {} was not written", settings.directory(), e);
    }
  }

  /** What is in it. */
  public SpoolStatus status() {
    Segment oldest = segments.oldest();
    return counters.status(
        settings.directory(),
        segments.waiting(),
        segments.bytes(),
        oldest == null ? 0 : oldest.firstUtcMillis);
  }

  /** Leaves what is in it to the next process. */
  @Override
  public void close() {
    if (directory == null) {
      return;
    }
    checkpoint();
    try {
      tail.force();
    } catch (IOException e) {
      LOG.warn("the spool {} is not safely on disk: {}", settings.directory(), e.toString());
    }
    head.close();
    tail.close();
    directory.close();
  }
}
