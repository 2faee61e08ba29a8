package io.pgstitch.processor.topology;

import io.pgstitch.processor.stitch.Counter;
import io.pgstitch.processor.stitch.SavedSessions;
import io.pgstitch.processor.stitch.SessionStitcher;
import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.stitch.StitchLimits;
import io.pgstitch.processor.stitch.StitchOutput;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.TraceRecords;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/**
 * Gives batches to the stitchers of their backends, saves these, then passes on what they finished.
 *
 * <p>Stitchers live in a cache of this object alone, which Kafka Streams makes anew whenever a task
 * begins or its transaction was aborted: the cache is never ahead of the store.
 */
final class StitchProcessor
    implements Processor<String, RawEventBatch, String, SpecificRecord>, StitchOutput {
  private static final long NS_PER_MS = 1_000_000;

  private final StitchLimits limits;
  private final StitchCounters counters;
  private final Duration idleExpiry;
  private final Map<String, SessionStitcher> live = new HashMap<>();
  private final List<Output> outputs = new ArrayList<>();
  private ProcessorContext<String, SpecificRecord> context;
  private SessionStore store;
  private long openSessions;

  StitchProcessor(StitchLimits limits, StitchCounters counters, Duration idleExpiry) {
    this.limits = limits;
    this.counters = counters;
    this.idleExpiry = idleExpiry;
  }

  @Override
  public void init(ProcessorContext<String, SpecificRecord> newContext) {
    context = newContext;
    store =
        new SessionStore(
            context.getStateStore(StitchTopology.STORE), new SavedSessions(limits, counters));
    countOpen(store.count());
    Duration interval = idleExpiry.dividedBy(24);
    context.schedule(interval, PunctuationType.STREAM_TIME, this::expireByEventTime);
    context.schedule(interval, PunctuationType.WALL_CLOCK_TIME, this::expireByWallClock);
  }

  @Override
  public void process(Record<String, RawEventBatch> record) {
    RawEventBatch batch = record.value();
    if (batch == null || !SessionStitcher.traces(batch.getBackend().getKind())) {
      counters.add(Counter.IGNORED_BATCHES, 1);
      return;
    }
    Backend backend = batch.getBackend();
    String id = record.key() + '/' + backend.getPid() + '/' + backend.getStartNs();
    boolean done = false;
    try {
      SessionStitcher stitcher = live.get(id);
      if (stitcher == null) {
        stitcher = store.load(id, this);
        if (stitcher == null) {
          stitcher = new SessionStitcher(backend, limits, counters, this);
          countOpen(1);
        }
        live.put(id, stitcher);
      }
      stitcher.accept(batch);
      store.save(id, stitcher, record.timestamp(), context.currentSystemTimeMs());
      if (stitcher.ended()) {
        live.remove(id);
        countOpen(-1);
      }
      done = true;
    } finally {
      if (!done) {
        // Half a batch was taken: the store has the state before it, and nothing is passed on.
        live.remove(id);
        outputs.clear();
      }
    }
    passOn(record.key());
  }

  @Override
  public void close() {
    live.clear();
    countOpen(-openSessions);
  }

  @Override
  public void trace(QueryTrace trace) {
    outputs.add(new Output(StitchTopology.TRACES_SINK, trace, trace.getEndUtcNs()));
  }

  @Override
  public void records(TraceRecords records, long endUtcNs) {
    outputs.add(new Output(StitchTopology.RECORDS_SINK, records, endUtcNs));
  }

  private void passOn(String key) {
    for (Output output : outputs) {
      context.forward(
          new Record<>(key, output.value(), Math.max(0, output.endUtcNs() / NS_PER_MS)),
          output.sink());
    }
    outputs.clear();
  }

  /** One host's fast clock must not make the others' sessions look old. */
  private void expireByEventTime(long streamMs) {
    long limit = Math.min(streamMs, context.currentSystemTimeMs()) - idleExpiry.toMillis();
    expire(store.lastEventAt(time -> time < limit));
  }

  private void expireByWallClock(long wallMs) {
    long limit = wallMs - idleExpiry.toMillis();
    expire(store.lastChangedAt(time -> time < limit));
  }

  /**
   * Closes all that is open because the events that follow are not read; it is marked.
   *
   * @param where the events end, for the trace files
   */
  void cut(String where) {
    end(store.lastEventAt(time -> true), stitcher -> stitcher.cut(where));
  }

  private void expire(List<String> ids) {
    end(ids, SessionStitcher::expire);
  }

  private void end(List<String> ids, Consumer<SessionStitcher> how) {
    for (String id : ids) {
      SessionStitcher cached = live.remove(id);
      SessionStitcher stitcher = cached == null ? store.load(id, this) : cached;
      if (stitcher == null) {
        continue;
      }
      how.accept(stitcher);
      store.save(id, stitcher, 0, 0);
      countOpen(-1);
      String key = id.substring(0, id.lastIndexOf('/', id.lastIndexOf('/') - 1));
      passOn(key);
    }
  }

  private void countOpen(long change) {
    openSessions += change;
    counters.add(Counter.OPEN_SESSIONS, change);
  }

  /** Something finished that waits for its batch to be saved. */
  private record Output(String sink, SpecificRecord value, long endUtcNs) {}
}
