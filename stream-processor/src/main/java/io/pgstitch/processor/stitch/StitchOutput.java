package io.pgstitch.processor.stitch;

import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.TraceRecords;

/** Takes what the stitcher has finished, in order. */
public interface StitchOutput {
  /** A trace, or one part of a long one. */
  void trace(QueryTrace trace);

  /**
   * The next records of the session's 10046 trace.
   *
   * @param endUtcNs UTC nanoseconds of the last of them
   */
  void records(TraceRecords records, long endUtcNs);
}
