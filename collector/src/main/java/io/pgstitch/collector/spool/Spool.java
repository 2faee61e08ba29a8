package io.pgstitch.collector.spool;

import io.pgstitch.collector.encode.EncodedBatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A queue of batches on disk, in segments: written at one end, read and then acknowledged at the
 * other. When there is no more room the oldest segment goes. Survives the process; what was read
 * and not acknowledged is read again by the next one. Not thread-safe.
 */
public final class Spool implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Spool.class);
  private static final long MOST_SEGMENT = 16 << 20;
  private static final long LEAST_SEGMENT = 64 << 10;
  private static final int SEGMENTS = 16;

  /** Own writes after which the free space is looked at again. */
  private static final long FREE_CHECK_BYTES = 256 << 10;

  private final SpoolSettings settings;
  private final Framing framing;
  private final SpoolDirectory directory;
  private final BatchFormat format;
  private final LossLedger losses = new LossLedger();
  private final SpoolCounters counters = new SpoolCounters();
  private final Deque<Segment> segments = new ArrayDeque<>();
  private SegmentWriter writer;
  private SegmentReader reader;
  private long readFrom = SegmentHeader.BYTES;
  private long nextNumber;
  private long bytes;
  private long damagedBytes;
  private long segmentBytes;
  private long allowance;
  private boolean changed;
  private String trouble = "";

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

  /** Why the oldest have to go. */
  private enum Obstacle {
    NONE,
    FULL,
    DISK
  }

  private Spool(SpoolSettings settings, Framing framing, SpoolDirectory directory) {
    this.settings = settings;
    this.framing = framing;
    this.directory = directory;
    this.format = directory == null ? null : new BatchFormat();
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
      bytes += segment.size;
      nextNumber = segment.number + 1;
    }
    counters.torn(directory.tornBytes());
    directory.mark().ifPresent(this::resume);
    damagedBytes = directory.damagedBytes();
    changed = true;
    checkpoint();
    if (directory.free() < settings.minFreeBytes()) {
      LOG.warn(
          "{} has only {} bytes free, spool.min.free.bytes is {}: nothing can be kept while Kafka"
              + " is away",
          settings.directory(),
          directory.free(),
          settings.minFreeBytes());
    }
  }

  private void resume(SpoolDirectory.Mark mark) {
    nextNumber = Math.max(nextNumber, mark.segment());
    while (!segments.isEmpty() && segments.peekFirst().number < mark.segment()) {
      delete(segments.removeFirst());
    }
    Segment oldest = segments.peekFirst();
    if (oldest != null && oldest.number == mark.segment() && mark.offset() <= oldest.size) {
      readFrom = Math.max(SegmentHeader.BYTES, mark.offset());
      oldest.readEnd = readFrom;
      oldest.acknowledgedEnd = readFrom;
      oldest.waiting -= oldest.waiting * readFrom / oldest.size;
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
        Obstacle obstacle = obstacleTo(record.remaining());
        if (obstacle == Obstacle.NONE) {
          try {
            return write(record, batch);
          } catch (IOException e) {
            record.rewind();
            say("cannot be written (" + e.getMessage() + ")");
            allowance = 0;
            if (directory.free() >= record.remaining() + LEAST_SEGMENT) {
              return null; // it is not for want of room
            }
            obstacle = Obstacle.DISK;
          }
        }
        if (!dropOldest(obstacle)) {
          return null;
        }
      }
    } catch (UncheckedIOException e) {
      say("cannot be used (" + e.getMessage() + ")");
      return null;
    }
  }

  private Obstacle obstacleTo(int length) {
    if (bytes + damagedBytes + length > settings.maxBytes()) {
      say("has reached spool.max.bytes");
      return Obstacle.FULL;
    }
    if (length > allowance) {
      long spare = directory.free() - settings.minFreeBytes();
      if (spare < length) {
        say("would leave less than spool.min.free.bytes of the disk");
        return Obstacle.DISK;
      }
      allowance = Math.max(length, Math.min(FREE_CHECK_BYTES, spare));
    }
    return Obstacle.NONE;
  }

  private Position write(ByteBuffer record, EncodedBatch batch) throws IOException {
    if (writer != null && writer.segment().size + record.remaining() > segmentBytes) {
      seal();
    }
    if (writer == null) {
      begin();
    }
    int length = record.remaining();
    writer.append(record, batch.utcMillis());
    bytes += length;
    allowance -= length;
    changed = true;
    return new Position(writer.segment(), writer.segment().size);
  }

  private void begin() throws IOException {
    long room =
        Math.min(settings.maxBytes(), Math.max(0, directory.free() - settings.minFreeBytes()));
    segmentBytes = Math.max(LEAST_SEGMENT, Math.min(MOST_SEGMENT, room / SEGMENTS));
    Segment segment =
        new Segment(nextNumber, directory.fileOf(nextNumber), new SegmentHeader(framing, 0, 0), 0);
    writer = SegmentWriter.create(segment);
    nextNumber++;
    if (segments.isEmpty()) {
      readFrom = SegmentHeader.BYTES;
    }
    segments.addLast(segment);
    bytes += segment.size;
  }

  private void seal() throws IOException {
    Segment sealed = writer.segment();
    try (SegmentWriter closing = writer) {
      closing.checkpoint();
    } finally {
      writer = null;
    }
    if (sealed == reading() && readPosition() >= sealed.size) {
      finishReading();
    }
  }

  private boolean isWriting(Segment segment) {
    return writer != null && writer.segment() == segment;
  }

  /** The segment that is read now or next, null when there is none. */
  private Segment reading() {
    for (Segment segment : segments) {
      if (!segment.finished) {
        return segment;
      }
    }
    return null;
  }

  private long readPosition() {
    return reader != null ? reader.position() : readFrom;
  }

  /** Whether there may be batches that were not read. */
  public boolean hasUnread() {
    Segment segment = reading();
    return segment != null && (!isWriting(segment) || readPosition() < segment.size);
  }

  /** The next batch that was not read, null when there is none. */
  public Stored next() {
    Segment segment = reading();
    while (segment != null) {
      EncodedBatch batch = read(segment);
      if (batch != null) {
        segment.readEnd = reader.position();
        byte[] unused = framing.reframed(batch.value(), segment.header.framing());
        return new Stored(losses.marked(batch), new Position(segment, segment.readEnd));
      }
      if (isWriting(segment)) {
        return null;
      }
      finishReading();
      segment = reading();
    }
    return null;
  }

  private EncodedBatch read(Segment segment) {
    try {
      if (reader == null) {
        reader = SegmentReader.open(segment.file, format, readFrom);
      }
      return reader.next(segment.size);
    } catch (IOException e) {
      LOG.error("{} cannot be read: {}", segment.file, e.toString());
      counters.corrupt(1);
      segment.damaged = true;
      return null;
    }
  }

  private void finishReading() {
    Segment segment = reading();
    if (reader != null) {
      counters.corrupt(reader.corrupt());
      counters.torn(reader.tornBytes());
      segment.damaged |= reader.corrupt() > 0;
      if (reader.tornBytes() > 0) {
        LOG.warn("{} ends with {} bytes that are no whole batch", segment.file, reader.tornBytes());
      }
    }
    closeReader();
    segment.finished = true;
    collect();
  }

  private void closeReader() {
    if (reader != null) {
      try {
        reader.close();
      } catch (IOException e) {
        LOG.debug("closing a segment", e);
      }
    }
    reader = null;
    readFrom = SegmentHeader.BYTES;
  }

  /** Takes all that was not read as read: it was put here as a copy of what is on its way. */
  public void skipUnread() {
    closeReader();
    for (Segment segment : segments) {
      segment.readEnd = segment.size;
      segment.finished = !isWriting(segment);
    }
    if (writer != null) {
      readFrom = writer.segment().size;
    }
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
    while (!segments.isEmpty() && segments.peekFirst().isDone()) {
      Segment done = segments.removeFirst();
      if (done.damaged) {
        bytes -= done.size;
        done.gone = true;
        directory.putAside(done.file);
        damagedBytes = directory.damagedBytes();
      } else {
        delete(done);
      }
    }
    Segment last = segments.peekFirst();
    if (last != null && isWriting(last) && last.acknowledgedEnd >= last.size) {
      closeReader();
      closeWriter();
      delete(segments.removeFirst());
    }
    if (segments.isEmpty()) {
      trouble = "";
    }
  }

  private void delete(Segment segment) {
    bytes -= segment.size;
    segment.gone = true;
    SpoolDirectory.delete(segment.file);
  }

  /** Makes room; false when there is nothing that could go. */
  private boolean dropOldest(Obstacle obstacle) {
    Segment oldest = segments.peekFirst();
    if (oldest == null || isWriting(oldest)) {
      return false;
    }
    if (!oldest.finished) {
      for (EncodedBatch batch = read(oldest); batch != null; batch = read(oldest)) {
        losses.dropped(batch);
        counters.dropped(batch, obstacle == Obstacle.FULL);
      }
      closeReader();
    }
    segments.removeFirst();
    delete(oldest);
    allowance = 0;
    changed = true;
    return true;
  }

  /** The batch that goes past the spool, with what the spool dropped before it. */
  public EncodedBatch marked(EncodedBatch batch) {
    return losses.marked(batch);
  }

  /** A batch that {@link #append} did not take is dropped. */
  public void dropped(EncodedBatch batch) {
    counters.dropped(batch, trouble.contains("max.bytes"));
  }

  /** Says each trouble once, until the spool has been empty. */
  private void say(String what) {
    if (!trouble.equals(what)) {
      trouble = what;
      LOG.warn(
          "the spool {} {}: the oldest events in it are dropped, or new ones where there are none;"
              + " their traces will be marked",
          settings.directory(),
          what);
    }
  }

  /** Notes on disk how far it was sent, for a process that takes over after a crash. */
  public void checkpoint() {
    if (directory == null || !changed) {
      return;
    }
    changed = false;
    Segment oldest = segments.peekFirst();
    try {
      if (writer != null) {
        writer.checkpoint();
      }
      directory.mark(
          oldest == null
              ? new SpoolDirectory.Mark(nextNumber, 0)
              : new SpoolDirectory.Mark(oldest.number, oldest.acknowledgedEnd));
    } catch (IOException e) {
      // After a crash more is sent twice, which the processor drops.
      LOG.debug("the mark in {} was not written", settings.directory(), e);
    }
  }

  /** What is in it. */
  public SpoolStatus status() {
    long waiting = segments.stream().mapToLong(segment -> Math.max(0, segment.waiting)).sum();
    Segment oldest = segments.peekFirst();
    return counters.status(
        settings.directory(), waiting, bytes, oldest == null ? 0 : oldest.firstUtcMillis);
  }

  private void closeWriter() {
    if (writer != null) {
      try {
        writer.close();
      } catch (IOException e) {
        LOG.debug("closing a segment", e);
      }
      writer = null;
    }
  }

  /** Leaves what is in it to the next process. */
  @Override
  public void close() {
    if (directory == null) {
      return;
    }
    checkpoint();
    try {
      if (writer != null) {
        writer.force();
      }
    } catch (IOException e) {
      LOG.warn("the spool {} is not safely on disk: {}", settings.directory(), e.toString());
    }
    closeReader();
    closeWriter();
    directory.close();
  }
}
