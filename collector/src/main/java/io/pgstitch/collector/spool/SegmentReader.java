package io.pgstitch.collector.spool;

import io.pgstitch.collector.encode.EncodedBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Reads the batches of a segment in order. Bytes that are no whole record are passed over, up to
 * the next place where one stands: {@link #corrupt} counts such places, {@link #tornBytes} what
 * there is behind the last record.
 */
final class SegmentReader implements AutoCloseable {
  private static final int CHUNK = 1 << 18;

  private final FileChannel channel;
  private final BatchFormat format;
  private ByteBuffer buffer = ByteBuffer.allocate(CHUNK).limit(0);
  private long bufferAt;
  private long at;
  private int corrupt;
  private long tornBytes;

  private SegmentReader(FileChannel channel, BatchFormat format, long from) {
    this.channel = channel;
    this.format = format;
    this.at = from;
  }

  static SegmentReader open(Path file, BatchFormat format, long from) throws IOException {
    return new SegmentReader(FileChannel.open(file, StandardOpenOption.READ), format, from);
  }

  /**
   * The next batch.
   *
   * @param limit size of the file, up to which it is complete
   * @return null when there is none before the limit
   */
  EncodedBatch next(long limit) throws IOException {
    long start = at;
    for (long candidate = start; candidate + BatchFormat.PREFIX < limit; candidate++) {
      EncodedBatch batch = batchAt(candidate, limit);
      if (batch != null) {
        if (candidate != start) {
          corrupt++;
        }
        return batch;
      }
    }
    tornBytes += limit - start;
    at = limit;
    return null;
  }

  /** The batch at an offset, behind which the reader then stands; null when there is none. */
  private EncodedBatch batchAt(long offset, long limit) throws IOException {
    if (!load(offset, BatchFormat.PREFIX)) {
      return null;
    }
    int in = (int) (offset - bufferAt);
    if (buffer.getInt(in) != BatchFormat.MARKER) {
      return null;
    }
    int length = buffer.getInt(in + Integer.BYTES);
    int crc = buffer.getInt(in + 2 * Integer.BYTES);
    long end = offset + BatchFormat.PREFIX + length;
    if (length <= 0
        || length > BatchFormat.MOST_BODY
        || end > limit
        || !load(offset, BatchFormat.PREFIX + length)) {
      return null;
    }
    in = (int) (offset - bufferAt) + BatchFormat.PREFIX;
    ByteBuffer body = buffer.slice(in, length);
    if (!format.isIntact(body, crc)) {
      return null;
    }
    try {
      EncodedBatch batch = format.decode(body);
      at = end;
      return batch;
    } catch (IllegalArgumentException notOurs) {
      return null;
    }
  }

  /** Gets bytes of the file into the buffer; false when the file does not have them. */
  private boolean load(long offset, int length) throws IOException {
    if (offset >= bufferAt && offset + length <= bufferAt + buffer.limit()) {
      return true;
    }
    if (buffer.capacity() < length) {
      buffer = ByteBuffer.allocate(length + CHUNK);
    }
    buffer.clear();
    bufferAt = offset;
    int got = 0;
    while (got < length) {
      int n = channel.read(buffer, offset + got);
      if (n < 0) {
        break;
      }
      got += n;
    }
    buffer.flip();
    return got >= length;
  }

  /** Where the reader stands. */
  long position() {
    return at;
  }

  /** Places inside the file that could not be read. */
  int corrupt() {
    return corrupt;
  }

  /** Bytes behind the last record that are none. */
  long tornBytes() {
    return tornBytes;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
