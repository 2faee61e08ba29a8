package io.pgstitch.collector.spool;

import io.pgstitch.collector.encode.EncodedBatch;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end at which a spool is read, one segment after the other. What cannot be read is counted.
 */
final class SpoolHead {
  private static final Logger LOG = LoggerFactory.getLogger(SpoolHead.class);

  private final BatchFormat format;
  private final SpoolCounters counters;
  private SegmentReader reader;
  private long from = SegmentHeader.BYTES;

  SpoolHead(BatchFormat format, SpoolCounters counters) {
    this.format = format;
    this.counters = counters;
  }

  /** Where in the segment the next batch begins. */
  long position() {
    return reader != null ? reader.position() : from;
  }

  /** Goes to an offset of the segment that is read next. */
  void startAt(long offset) {
    close();
    from = offset;
  }

  /** The next batch of a segment, null when there is none as far as it is written. */
  EncodedBatch read(Segment segment) {
    try {
      if (reader == null) {
        reader = SegmentReader.open(segment.file, format, from);
      }
      return reader.next(segment.size);
    } catch (IOException e) {
      LOG.error("{} cannot be read: {}", segment.file, e.toString());
      counters.corrupt(1);
      segment.damaged = true;
      return null;
    }
  }

  /** The segment will not become longer, and has been read to its end. */
  void finish(Segment segment) {
    if (reader != null) {
      counters.corrupt(reader.corrupt());
      counters.torn(reader.tornBytes());
      segment.damaged |= reader.corrupt() > 0;
      if (reader.tornBytes() > 0) {
        LOG.warn("{} ends with {} bytes that are no whole batch", segment.file, reader.tornBytes());
      }
    }
    close();
    segment.finished = true;
  }

  /** Leaves the segment; the next one is read from its beginning. */
  void close() {
    if (reader != null) {
      try {
        reader.close();
      } catch (IOException e) {
        LOG.debug("closing a segment", e);
      }
    }
    reader = null;
    from = SegmentHeader.BYTES;
  }
}
