package io.pgstitch.processor.topology;

import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.stitch.StitchLimits;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.TraceRecords;
import java.time.Duration;
import org.apache.kafka.streams.processor.api.Record;

/**
 * The live processor outside Kafka Streams: the same {@link StitchProcessor} over a store in
 * memory. Its clocks, both of them, are the latest time of its events, so that what comes out
 * follows from these alone.
 */
public final class OfflineStitching {
  /** Takes what is finished, in order. */
  public interface Output {
    /** A trace or a part of one; one that sampling leaves out says so. */
    void trace(String key, QueryTrace trace);

    /**
     * The next records of a session.
     *
     * @param endUtcMs time of the last of them, milliseconds UTC
     */
    void records(String key, TraceRecords records, long endUtcMs);
  }

  /** Later than anything waits for. */
  private static final Duration END = Duration.ofDays(100_000);

  private final StitchProcessor processor;
  private final OfflineContext context;

  /**
   * With nothing stitched.
   *
   * @param times what is waited for, by the time of the events
   */
  public OfflineStitching(
      StitchLimits limits, StitchCounters counters, SessionTimes times, Output output) {
    this.processor = new StitchProcessor(limits, counters, times.withoutOpenQueries(), true);
    this.context = new OfflineContext(new MemoryStore(StitchTopology.STORE), output);
    processor.init(context);
  }

  /**
   * Takes the next batch.
   *
   * @param timestampMs time of its last event, milliseconds UTC
   * @throws RuntimeException when it cannot be stitched; then it has changed nothing
   */
  public void accept(String key, RawEventBatch batch, long timestampMs) {
    context.advance(timestampMs);
    processor.process(new Record<>(key, batch, Math.max(0, timestampMs)));
  }

  /**
   * Nothing follows: what is open is closed and marked.
   *
   * @param where the events end, for the trace files
   */
  public void end(String where) {
    processor.cut(where);
    // Whatever waits for something that may still come has waited long enough.
    context.advance(context.currentSystemTimeMs() + END.toMillis());
    processor.close();
  }
}
