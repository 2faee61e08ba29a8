package io.pgstitch.collector.spool;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The end at which a spool is written: a segment of this process, and the next when it is full. */
final class SpoolTail {
  private static final Logger LOG = LoggerFactory.getLogger(SpoolTail.class);

  private final Framing framing;
  private final SpoolDirectory directory;
  private final SegmentQueue segments;
  private final SpoolRoom room;
  private SegmentWriter writer;
  private long nextNumber;
  private long mostBytes;

  SpoolTail(Framing framing, SpoolDirectory directory, SegmentQueue segments, SpoolRoom room) {
    this.framing = framing;
    this.directory = directory;
    this.segments = segments;
    this.room = room;
  }

  /** Numbers of new segments are not below this one. */
  void startAt(long number) {
    nextNumber = Math.max(nextNumber, number);
  }

  /** Number of the segment that is begun next. */
  long nextNumber() {
    return nextNumber;
  }

  boolean isWriting(Segment segment) {
    return writer != null && writer.segment() == segment;
  }

  /** Where the next batch will begin. */
  long position() {
    return writer != null ? writer.segment().size : SegmentHeader.BYTES;
  }

  /** Whether the segment would become too long. */
  boolean isFullFor(int length) {
    return writer != null && writer.segment().size + length > mostBytes;
  }

  /** Ends the segment, which is returned. */
  Segment seal() throws IOException {
    Segment sealed = writer.segment();
    try (SegmentWriter closing = writer) {
      closing.checkpoint();
    } finally {
      writer = null;
    }
    return sealed;
  }

  /** Appends a record, and returns the segment at whose end it stands. */
  Segment append(ByteBuffer record, long utcMillis) throws IOException {
    if (writer == null) {
      begin();
    }
    int length = record.remaining();
    writer.append(record, utcMillis);
    segments.grown(length);
    room.used(length);
    return writer.segment();
  }

  private void begin() throws IOException {
    mostBytes = room.segmentBytes();
    SegmentHeader header = new SegmentHeader(framing, 0, 0);
    Segment segment = new Segment(nextNumber, directory.fileOf(nextNumber), header, 0);
    writer = SegmentWriter.create(segment);
    nextNumber++;
    segments.add(segment);
  }

  /** Writes what the segment's header says for people. */
  void checkpoint() throws IOException {
    if (writer != null) {
      writer.checkpoint();
    }
  }

  /** Makes the segment survive a crash of the machine. */
  void force() throws IOException {
    if (writer != null) {
      writer.force();
    }
  }

  /** Leaves the segment. */
  void close() {
    if (writer != null) {
      try {
        writer.close();
      } catch (IOException e) {
        LOG.debug("closing a segment", e);
      }
      writer = null;
    }
  }
}
