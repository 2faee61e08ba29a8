package io.pgstitch.benchmarks;

import io.pgstitch.processor.stitch.SessionStitcher;
import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.stitch.StitchLimits;
import io.pgstitch.schema.RawEventBatch;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Stitches all sessions of a recording; JMH runs it in a process of its own. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class StitchBenchmark {
  /** Name of the recording. */
  @Param({"pg13-level1", "pg15-level12", "pg15-level28f"})
  public String recording;

  private RecordedEvents events;

  /** Reads the recording. */
  @Setup
  public void read() {
    events = RecordedEvents.read(recording);
  }

  /** All of it once; what comes out is counted. */
  @Benchmark
  public long stitch() {
    return stitch(events);
  }

  /** Stitches each session from its beginning. */
  static long stitch(RecordedEvents events) {
    Discarded output = new Discarded();
    StitchCounters counters = new StitchCounters();
    for (List<RawEventBatch> session : events.sessions()) {
      SessionStitcher stitcher =
          new SessionStitcher(session.get(0).getBackend(), StitchLimits.DEFAULT, counters, output);
      session.forEach(stitcher::accept);
    }
    return output.count();
  }
}
