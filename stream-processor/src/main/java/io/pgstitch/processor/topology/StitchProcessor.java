package io.pgstitch.processor.topology;

import io.pgstitch.processor.state.TeamLaunch;
import io.pgstitch.processor.stitch.Counter;
import io.pgstitch.processor.stitch.ParallelTeam;
import io.pgstitch.processor.stitch.SavedSessions;
import io.pgstitch.processor.stitch.SavedTeams;
import io.pgstitch.processor.stitch.SessionStitcher;
import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.stitch.StitchLimits;
import io.pgstitch.processor.stitch.StitchOutput;
import io.pgstitch.processor.stitch.TeamOutput;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.TraceRecords;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

  /** How long a worker's trace waits for a launch that may not have been seen. */
  private static final Duration LAUNCH_WAIT = Duration.ofMinutes(2);

  private static final Duration LAUNCH_LOOK = Duration.ofSeconds(15);

  private final StitchLimits limits;
  private final StitchCounters counters;
  private final Duration idleExpiry;
  private final Map<String, SessionStitcher> live = new HashMap<>();
  private final List<Output> outputs = new ArrayList<>();
  private ProcessorContext<String, SpecificRecord> context;
  private SessionStore store;
  private TeamStore teams;
  private long startedMs;

  /** Of the session whose events are taken, until the next. */
  private String recordKey;

  private String id;
  private ParallelTeam team;
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
    teams = new TeamStore(context.getStateStore(StitchTopology.STORE), new SavedTeams(counters));
    startedMs = context.currentSystemTimeMs();
    context.schedule(LAUNCH_LOOK, PunctuationType.WALL_CLOCK_TIME, this::releaseTeams);
    countOpen(store.count());
    Duration interval = idleExpiry.dividedBy(24);
    context.schedule(interval, PunctuationType.STREAM_TIME, this::expireByEventTime);
    context.schedule(interval, PunctuationType.WALL_CLOCK_TIME, this::expireByWallClock);
  }

  @Override
  public void process(Record<String, RawEventBatch> record) {
    RawEventBatch batch = record.value();
    if (batch == null) {
      counters.add(Counter.IGNORED_BATCHES, 1);
      return;
    }
    Backend backend = batch.getBackend();
    at(record.key(), record.key() + '/' + backend.getPid() + '/' + backend.getStartNs());
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
      saveTeam();
      done = true;
    } finally {
      if (!done) {
        // Half a batch was taken: the store has the state before it, and nothing is passed on.
        live.remove(id);
        team = null;
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

  @Override
  public void share(QueryTrace trace, long startNs, long utcOffsetNs) {
    team().share(trace, startNs, utcOffsetNs);
  }

  @Override
  public void launched(TeamLaunch launch) {
    team().launched(launch, id);
  }

  @Override
  public void placed(long workerContext, int number, long timeNs, String spanId) {
    team().placed(workerContext, number, timeNs, spanId);
  }

  /** What is stitched from here on is of this session. */
  private void at(String newRecordKey, String newId) {
    recordKey = newRecordKey;
    id = newId;
    team = null;
  }

  private ParallelTeam team() {
    if (team == null) {
      team = teams.load(recordKey, new Workers());
    }
    return team;
  }

  private void saveTeam() {
    if (team != null && team.changed()) {
      teams.save(recordKey, team, context.currentSystemTimeMs());
    }
    team = null;
  }

  /** Traces of workers and what their leader's records say of them. */
  private final class Workers implements TeamOutput {
    @Override
    public void trace(QueryTrace trace) {
      StitchProcessor.this.trace(trace);
    }

    @Override
    public void seen(TeamLaunch launch, Backend worker) {
      String leader = team.leader();
      boolean running = leader.equals(id);
      SessionStitcher stitcher = live.get(leader);
      if (stitcher == null && !running) {
        stitcher = store.load(leader, StitchProcessor.this);
      }
      if (stitcher == null) {
        return;
      }
      stitcher.workerSeen(launch, worker);
      if (!running) {
        live.put(leader, stitcher);
        store.saveAgain(leader, stitcher);
      }
    }
  }

  /** What waits for a launch that was not seen stands alone; what is over is forgotten. */
  private void releaseTeams(long wallMs) {
    long limit = wallMs - LAUNCH_WAIT.toMillis();
    if (startedMs > limit) {
      return;
    }
    for (String each : teams.unchangedSince(limit)) {
      at(each, "");
      team().releaseWithoutLaunch();
      boolean forgotten = team().isIdle();
      saveTeam();
      if (forgotten) {
        teams.delete(each);
      }
      passOn(each);
    }
    for (String each : teams.unchangedSince(wallMs - idleExpiry.toMillis())) {
      at(each, "");
      team().releaseAll();
      saveTeam();
      teams.delete(each);
      passOn(each);
    }
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

  private void expire(List<String> ids) {
    for (String each : ids) {
      String key = each.substring(0, each.lastIndexOf('/', each.lastIndexOf('/') - 1));
      at(key, each);
      SessionStitcher cached = live.remove(each);
      SessionStitcher stitcher = cached == null ? store.load(each, this) : cached;
      if (stitcher == null) {
        continue;
      }
      stitcher.expire();
      store.save(each, stitcher, 0, 0);
      countOpen(-1);
      saveTeam();
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
