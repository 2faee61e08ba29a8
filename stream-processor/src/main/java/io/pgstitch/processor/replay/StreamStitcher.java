package io.pgstitch.processor.replay;

import io.pgstitch.processor.stitch.Counter;
import io.pgstitch.processor.stitch.SessionStitcher;
import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.stitch.StitchLimits;
import io.pgstitch.processor.stitch.StitchOutput;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.TraceRecords;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stitches one stream of raw events, once, and numbers what comes out. */
final class StreamStitcher implements StitchOutput {
  /** Takes what is finished. */
  interface Finished {
    void trace(String key, long number, QueryTrace trace);

    void records(String key, long number, TraceRecords records, long endUtcNs);
  }

  private static final Logger LOG = LoggerFactory.getLogger(StreamStitcher.class);

  /** A batch of eight mebibytes has fewer events, and so fewer outputs, than numbers in here. */
  private static final int BITS_WITHIN_BATCH = 21;

  /** Above all positions: what the end of the stream closes. */
  private static final long END = 1L << 41;

  private final StitchLimits limits;
  private final StitchCounters counters;
  private final Finished finished;
  private final OpenSessions sessions;
  private final List<Output> outputs = new ArrayList<>();

  StreamStitcher(StitchLimits limits, StitchCounters counters, Finished finished) {
    this.limits = limits;
    this.counters = counters;
    this.finished = finished;
    this.sessions = new OpenSessions(limits, counters);
  }

  /** One of both is null. */
  private record Output(QueryTrace trace, TraceRecords records, long endUtcNs) {}

  /** Takes the next batch. One that cannot be stitched changes nothing and is counted. */
  void accept(RawRecord record) {
    Backend backend = record.batch().getBackend();
    if (!SessionStitcher.traces(backend.getKind())) {
      counters.add(Counter.IGNORED_BATCHES, 1);
      return;
    }
    String id = record.key() + '/' + backend.getPid() + '/' + backend.getStartNs();
    try {
      SessionStitcher stitcher = sessions.get(id, this);
      if (stitcher == null) {
        stitcher = new SessionStitcher(backend, limits, counters, this);
      }
      stitcher.accept(record.batch());
      sessions.save(id, stitcher);
    } catch (RuntimeException e) {
      counters.add(Counter.DEAD_LETTERS, 1);
      LOG.warn("the batch at {} of {} cannot be stitched", record.position(), record.key(), e);
      sessions.backToSaved(id);
      outputs.clear();
      return;
    }
    passOn(record.key(), record.position() << BITS_WITHIN_BATCH);
  }

  /** The stream ends here: what is open is closed and marked. */
  void end(String where) {
    long number = END << BITS_WITHIN_BATCH;
    for (String id : sessions.ids()) {
      SessionStitcher stitcher = sessions.get(id, this);
      stitcher.cut(where);
      sessions.save(id, stitcher);
      number = passOn(id.substring(0, id.lastIndexOf('/', id.lastIndexOf('/') - 1)), number);
    }
  }

  private long passOn(String key, long first) {
    long number = first;
    for (Output output : outputs) {
      if (output.trace() != null) {
        finished.trace(key, number, output.trace());
      } else {
        finished.records(key, number, output.records(), output.endUtcNs());
      }
      number++;
    }
    outputs.clear();
    return number;
  }

  @Override
  public void trace(QueryTrace trace) {
    outputs.add(new Output(trace, null, trace.getEndUtcNs()));
  }

  @Override
  public void records(TraceRecords records, long endUtcNs) {
    outputs.add(new Output(null, records, endUtcNs));
  }
}
