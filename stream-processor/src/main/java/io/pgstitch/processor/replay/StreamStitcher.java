package io.pgstitch.processor.replay;

import io.pgstitch.processor.stitch.Counter;
import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.stitch.StitchLimits;
import io.pgstitch.processor.topology.OfflineStitching;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.TraceRecords;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stitches one stream of raw events, once, and numbers what comes out. */
final class StreamStitcher implements OfflineStitching.Output {
  /** Takes what is finished. */
  interface Finished {
    void trace(String key, long number, QueryTrace trace);

    void records(String key, long number, TraceRecords records, long endUtcMs);
  }

  private static final Logger LOG = LoggerFactory.getLogger(StreamStitcher.class);

  /** A batch of eight mebibytes has fewer events, and so fewer outputs, than numbers in here. */
  private static final int BITS_WITHIN_BATCH = 21;

  /** Above all positions: what the end of the stream closes. */
  private static final long END = 1L << 41;

  private final StitchCounters counters;
  private final Finished finished;
  private final OfflineStitching stitching;
  private final List<Output> outputs = new ArrayList<>();

  StreamStitcher(
      StitchLimits limits, Duration idleExpiry, StitchCounters counters, Finished finished) {
    this.counters = counters;
    this.finished = finished;
    this.stitching = new OfflineStitching(limits, counters, idleExpiry, this);
  }

  /** One of trace and records is null. */
  private record Output(String key, QueryTrace trace, TraceRecords records, long endUtcMs) {}

  /** Takes the next batch. One that cannot be stitched changes nothing and is counted. */
  void accept(RawRecord record) {
    try {
      stitching.accept(record.key(), record.batch(), record.timestampMs());
    } catch (RuntimeException e) {
      counters.add(Counter.DEAD_LETTERS, 1);
      LOG.warn("the batch at {} of {} cannot be stitched", record.position(), record.key(), e);
    }
    passOn(record.position());
  }

  /** The stream ends here: what is open is closed and marked. */
  void end(String where) {
    stitching.end(where);
    passOn(END);
  }

  private void passOn(long position) {
    long number = position << BITS_WITHIN_BATCH;
    for (Output output : outputs) {
      if (output.trace() != null) {
        finished.trace(output.key(), number, output.trace());
      } else {
        finished.records(output.key(), number, output.records(), output.endUtcMs());
      }
      number++;
    }
    outputs.clear();
  }

  @Override
  public void trace(String key, QueryTrace trace) {
    outputs.add(new Output(key, trace, null, 0));
  }

  @Override
  public void records(String key, TraceRecords records, long endUtcMs) {
    outputs.add(new Output(key, null, records, endUtcMs));
  }
}
