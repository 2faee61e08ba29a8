package io.pgstitch.processor.replay;

import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.stitch.StitchLimits;
import java.time.Duration;
import java.util.List;

/**
 * Stitches the raw events of a source again, stream after stream, so that at any time only the
 * sessions of one stream are in memory.
 *
 * <p>The same events give the same output, in the same order. Where traces are chosen each stream
 * is read twice: to find what is chosen, then to write it.
 */
public final class Replay {
  private final RawSource source;
  private final TraceSelection selection;
  private final StitchLimits limits;
  private final Duration idleExpiry;
  private final StitchCounters counters;

  /**
   * Values for all streams.
   *
   * @param limits those of the live processor, or the parts of long traces differ from its
   * @param idleExpiry silence after which a session is forgotten, by the time of the events
   * @param counters count what is read to be written, and what is read in a survey
   */
  public Replay(
      RawSource source,
      TraceSelection selection,
      StitchLimits limits,
      Duration idleExpiry,
      StitchCounters counters) {
    this.source = source;
    this.selection = selection;
    this.limits = limits;
    this.idleExpiry = idleExpiry;
    this.counters = counters;
  }

  /** Counts what {@link #run} would write. */
  public ReplaySummary survey(ReplayProgress progress) {
    Work work = new Work(progress, 1);
    ReplaySummary summary = new ReplaySummary();
    for (int stream : source.streams()) {
      summary.nextStream();
      ChosenTraces chosen = new ChosenTraces(selection, summary);
      pass(stream, chosen.survey(), counters, work);
    }
    return summary;
  }

  /** Writes what is chosen. */
  public ReplaySummary run(ReplayOutput output, ReplayProgress progress) {
    boolean twice = selection.choosesTraces();
    Work work = new Work(progress, twice ? 2 : 1);
    ReplaySummary summary = new ReplaySummary();
    for (int stream : source.streams()) {
      summary.nextStream();
      ChosenTraces chosen = new ChosenTraces(selection, summary);
      if (twice) {
        pass(stream, chosen.survey(), new StitchCounters(), work);
        pass(stream, chosen.writeTo(stream, output), counters, work);
      } else {
        pass(stream, chosen.writeAllTo(stream, output), counters, work);
      }
    }
    return summary;
  }

  private void pass(
      int stream, StreamStitcher.Finished finished, StitchCounters counted, Work work) {
    StreamStitcher stitcher = new StreamStitcher(limits, idleExpiry, counted, finished);
    source.read(
        stream,
        new RawSource.Reader() {
          @Override
          public void record(RawRecord record) {
            if (selection.wantsEventsOf(record.batch().getBackend())) {
              stitcher.accept(record);
            }
          }

          @Override
          public void reached(double part) {
            work.reached(source.size(stream), part);
          }
        });
    stitcher.end("the events that were read end here");
    work.passed(source.size(stream));
  }

  /** How far all of it is. */
  private final class Work {
    private final ReplayProgress progress;
    private final double total;
    private double done;

    Work(ReplayProgress progress, int passes) {
      this.progress = progress;
      List<Integer> streams = source.streams();
      this.total = Math.max(1, passes * streams.stream().mapToLong(source::size).sum());
    }

    void reached(long size, double part) {
      progress.reached((done + size * part) / total);
    }

    void passed(long size) {
      done += size;
      progress.reached(done / total);
    }
  }
}
