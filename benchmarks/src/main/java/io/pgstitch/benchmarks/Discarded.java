package io.pgstitch.benchmarks;

import io.pgstitch.processor.state.TeamLaunch;
import io.pgstitch.processor.stitch.StitchOutput;
import io.pgstitch.processor.stitch.WaitedFor;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.TraceRecords;

/** Counts what a stitcher says, so that its work is not optimised away, and lets it go. */
final class Discarded implements StitchOutput {
  private long spans;
  private long lines;

  /** Spans and lines so far. */
  long count() {
    return spans + lines;
  }

  @Override
  public void trace(QueryTrace trace) {
    spans += trace.getSpans().size();
  }

  @Override
  public void share(QueryTrace trace, long startNs, long utcOffsetNs) {
    trace(trace);
  }

  @Override
  public void launched(TeamLaunch launch) {}

  @Override
  public void placed(long context, int number, long timeNs, String spanId) {}

  @Override
  public void settled(WaitedFor waitedFor) {}

  @Override
  public void records(TraceRecords records, long endUtcNs) {
    lines += records.getRecords().size();
  }
}
