package io.pgstitch.benchmarks;

import io.pgstitch.processor.state.TeamLaunch;
import io.pgstitch.processor.stitch.SessionStitcher;
import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.stitch.StitchLimits;
import io.pgstitch.processor.stitch.StitchOutput;
import io.pgstitch.processor.stitch.WaitedFor;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.TraceRecords;
import java.util.ArrayList;
import java.util.List;

/**
 * What the stitcher makes of a recording.
 *
 * @param traces in the order they came
 * @param records the same
 */
record Stitched(List<QueryTrace> traces, List<TraceRecords> records) {
  static Stitched of(RecordedEvents events) {
    Stitched stitched = new Stitched(new ArrayList<>(), new ArrayList<>());
    StitchCounters counters = new StitchCounters();
    for (List<RawEventBatch> session : events.sessions()) {
      SessionStitcher stitcher =
          new SessionStitcher(
              session.get(0).getBackend(), StitchLimits.DEFAULT, counters, stitched.output());
      session.forEach(stitcher::accept);
    }
    return stitched;
  }

  long spans() {
    return traces.stream().mapToLong(trace -> trace.getSpans().size()).sum();
  }

  private StitchOutput output() {
    return new StitchOutput() {
      @Override
      public void trace(QueryTrace trace) {
        traces.add(trace);
      }

      @Override
      public void share(QueryTrace trace, long startNs, long utcOffsetNs) {
        traces.add(trace);
      }

      @Override
      public void launched(TeamLaunch launch) {}

      @Override
      public void placed(long context, int number, long timeNs, String spanId) {}

      @Override
      public void settled(WaitedFor waitedFor) {}

      @Override
      public void records(TraceRecords lines, long endUtcNs) {
        records.add(lines);
      }
    };
  }
}
