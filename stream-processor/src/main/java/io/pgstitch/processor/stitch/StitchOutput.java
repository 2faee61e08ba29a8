package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.TeamLaunch;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.TraceRecords;

/** Takes what the stitcher has finished, in order. */
public interface StitchOutput {
  /** A trace, or one part of a long one. */
  void trace(QueryTrace trace);

  /**
   * A trace of a parallel worker, or one part of it, which belongs into its leader's.
   *
   * @param startNs start of its statement, CLOCK_MONOTONIC
   * @param utcOffsetNs UTC less CLOCK_MONOTONIC in its times
   */
  void share(QueryTrace trace, long startNs, long utcOffsetNs);

  /** The session launched a parallel worker, whose place in the trace is not final. */
  void launched(TeamLaunch launch);

  /**
   * The place of a launched worker is final.
   *
   * @param timeNs of the launch, as in {@link #launched}
   */
  void placed(long context, int number, long timeNs, String spanId);

  /**
   * No more will be known of whether others wait for locks of the session because of the traces
   * that it has put out so far.
   */
  void settled(WaitedFor waitedFor);

  /**
   * The next records of the session's 10046 trace.
   *
   * @param endUtcNs UTC nanoseconds of the last of them
   */
  void records(TraceRecords records, long endUtcNs);
}
