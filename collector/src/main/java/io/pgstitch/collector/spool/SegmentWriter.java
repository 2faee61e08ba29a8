package io.pgstitch.collector.spool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;

/** Appends to a segment. What could not be written whole is taken back. */
final class SegmentWriter implements AutoCloseable {
  private final Segment segment;
  private final FileChannel channel;
  private long written;

  private SegmentWriter(Segment segment, FileChannel channel) {
    this.segment = segment;
    this.channel = channel;
  }

  /** Creates the file, which must not exist. */
  static SegmentWriter create(Segment segment) throws IOException {
    FileChannel channel =
        FileChannel.open(
            segment.file,
            java.util.Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            SpoolDirectory.OWNER_ONLY);
    SegmentWriter writer = new SegmentWriter(segment, channel);
    try {
      writer.writeAt(segment.header.encode(), 0);
      segment.size = SegmentHeader.BYTES;
      return writer;
    } catch (IOException e) {
      channel.close();
      SpoolDirectory.delete(segment.file);
      throw e;
    }
  }

  Segment segment() {
    return segment;
  }

  /** Appends a record. When that fails the segment is as it was. */
  void append(ByteBuffer record, long utcMillis) throws IOException {
    int length = record.remaining();
    try {
      writeAt(record, segment.size);
    } catch (IOException e) {
      channel.truncate(segment.size);
      throw e;
    }
    segment.size += length;
    segment.waiting++;
    written++;
    if (segment.firstUtcMillis == 0) {
      segment.firstUtcMillis = utcMillis;
    }
  }

  /** Writes what the header says for people. */
  void checkpoint() throws IOException {
    writeAt(
        new SegmentHeader(segment.header.framing(), written, segment.firstUtcMillis).encode(), 0);
  }

  private void writeAt(ByteBuffer bytes, long offset) throws IOException {
    long at = offset;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }

  /** Makes what was written survive a crash of the machine. */
  void force() throws IOException {
    channel.force(false);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
