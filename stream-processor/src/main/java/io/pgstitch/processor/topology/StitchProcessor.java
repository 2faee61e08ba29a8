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
import io.pgstitch.processor.stitch.TraceSampler;
import io.pgstitch.processor.stitch.WaitedFor;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SamplingRule;
import io.pgstitch.schema.TraceRecords;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Gives batches to the stitchers of their backends, saves these, then passes on what they finished.
 *
 * <p>Stitchers live in a cache of this object alone, which Kafka Streams makes anew whenever a task
 * begins or its transaction was aborted: the cache is never ahead of the store.
 */
final class StitchProcessor
    implements Processor<String, RawEventBatch, String, SpecificRecord>, StitchOutput {
  private static final long NS_PER_MS = 1_000_000;
  private static final Duration LOOK_AT_OPEN_QUERIES = Duration.ofSeconds(1);

  /** How long a worker's trace waits for a launch that may not have been seen. */
  private static final Duration LAUNCH_WAIT = Duration.ofMinutes(2);

  private static final Duration LAUNCH_LOOK = Duration.ofSeconds(15);

  private final StitchLimits limits;
  private final StitchCounters counters;
  private final SessionTimes times;
  private final boolean passesLeftOut;
  private final Map<String, SessionStitcher> live = new HashMap<>();
  private ProcessorContext<String, SpecificRecord> context;
  private SessionStore store;
  private TeamStore teams;
  private EndedSessions endedSessions;
  private QueryHistories histories;
  private HeldBack heldBack;
  private FinishedOutputs outputs;

  /** Of the session whose events are taken, until the next. */
  private String recordKey;

  private String id;
  private ParallelTeam team;

  /** The sampling rule that came with these events, null for none. */
  private SamplingRule rule;

  private SessionStitcher running;
  private OpenQueries openQueries;
  private long openSessions;
  private long startedMs;

  /**
   * Values for one task.
   *
   * @param passesLeftOut whether traces that sampling leaves out are passed on, marked as that
   */
  StitchProcessor(
      StitchLimits limits, StitchCounters counters, SessionTimes times, boolean passesLeftOut) {
    this.limits = limits;
    this.counters = counters;
    this.times = times;
    this.passesLeftOut = passesLeftOut;
  }

  @Override
  public void init(ProcessorContext<String, SpecificRecord> newContext) {
    context = newContext;
    KeyValueStore<String, byte[]> bytes = context.getStateStore(StitchTopology.STORE);
    store = new SessionStore(bytes, new SavedSessions(limits, counters));
    teams = new TeamStore(bytes, new SavedTeams(counters));
    histories = new QueryHistories(bytes);
    heldBack = new HeldBack(bytes, counters);
    outputs = new FinishedOutputs(new TraceSampler(counters, histories), heldBack, passesLeftOut);
    context.schedule(LAUNCH_LOOK, PunctuationType.WALL_CLOCK_TIME, this::releaseTeams);
    endedSessions = new EndedSessions(bytes);
    context.schedule(
        EndedSessions.KEPT.dividedBy(10),
        PunctuationType.WALL_CLOCK_TIME,
        endedSessions::forgetOld);
    List<String> known = store.lastEventAt(time -> true);
    countOpen(known.size());
    startedMs = context.currentSystemTimeMs();
    onBothClocks(times.traceIdle(), this::closeTraces);
    onBothClocks(times.sessionIdle(), this::expire);
    if (times.publishesOpenQueries()) {
      openQueries = new OpenQueries(bytes, counters, times.openQueriesAfter());
      openQueries.restore(startedMs);
      loadRunning(known);
      context.schedule(
          LOOK_AT_OPEN_QUERIES, PunctuationType.WALL_CLOCK_TIME, this::publishOpenQueries);
    }
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
    SessionStitcher stitcher = live.get(id);
    if (stitcher == null && endedSessions.has(id)) {
      counters.add(Counter.DUPLICATE_BATCHES, 1);
      return;
    }
    boolean done = false;
    try {
      stitcher = stitcher == null ? session(id) : stitcher;
      if (stitcher == null && SessionStitcher.isSignOfLife(batch)) {
        counters.add(Counter.STALE_SIGNS_OF_LIFE, 1);
        return;
      }
      if (stitcher == null) {
        stitcher = new SessionStitcher(backend, limits, counters, this);
        countOpen(1);
        live.put(id, stitcher);
      }
      running = stitcher;
      rule = batch.getSampling();
      stitcher.accept(batch);
      store.save(id, stitcher, record.timestamp(), context.currentSystemTimeMs());
      if (stitcher.ended()) {
        live.remove(id);
        endedSessions.add(id, context.currentSystemTimeMs());
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
    if (heldBack != null) {
      heldBack.close();
    }
  }

  @Override
  public void trace(QueryTrace trace) {
    boolean requested = running != null && running.isTracedByRequest();
    outputs.trace(trace, requested, running != null && running.isWaitedFor());
  }

  @Override
  public void settled(WaitedFor waitedFor) {
    outputs.settled(waitedFor);
  }

  @Override
  public void records(TraceRecords records, long endUtcNs) {
    outputs.records(records, endUtcNs);
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
    rule = null;
    running = null;
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
        store.saveUnheard(leader, stitcher);
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
    for (String each : teams.unchangedSince(wallMs - times.sessionIdle().toMillis())) {
      at(each, "");
      team().releaseAll();
      saveTeam();
      teams.delete(each);
      passOn(each);
    }
  }

  private void passOn(String key) {
    outputs.passOn(
        id,
        rule,
        (sink, value, endUtcNs) ->
            context.forward(new Record<>(key, value, Math.max(0, endUtcNs / NS_PER_MS)), sink));
    histories.save();
  }

  /** The stitcher of a session, null when nothing is known of it. */
  private SessionStitcher session(String each) {
    SessionStitcher stitcher = live.get(each);
    if (stitcher == null) {
      stitcher = store.load(each, this);
      if (stitcher != null) {
        live.put(each, stitcher);
      }
    }
    return stitcher;
  }

  /**
   * Ends what was silent for too long by either clock: that of the events, as in a replay, and this
   * host's, when no more events come at all.
   */
  private void onBothClocks(Duration idle, Consumer<List<String>> end) {
    Duration interval = idle.dividedBy(24);
    context.schedule(
        interval,
        PunctuationType.STREAM_TIME,
        streamMs -> {
          // One host's fast clock must not make the others' sessions look old.
          long limit = Math.min(streamMs, context.currentSystemTimeMs()) - idle.toMillis();
          end.accept(store.lastEventAt(time -> time < limit));
        });
    context.schedule(
        interval,
        PunctuationType.WALL_CLOCK_TIME,
        wallMs -> {
          long limit = wallMs - idle.toMillis();
          // What came while no processor ran has yet to be read.
          if (startedMs < limit) {
            end.accept(store.lastChangedAt(time -> time < limit));
          }
        });
  }

  private void closeTraces(List<String> ids) {
    for (String each : ids) {
      SessionStitcher stitcher = session(each);
      if (stitcher != null && stitcher.hasOpen()) {
        at(keyOf(each), each);
        stitcher.closeIdle();
        store.saveUnheard(each, stitcher);
        saveTeam();
        passOn(keyOf(each));
      }
    }
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
    for (String each : ids) {
      at(keyOf(each), each);
      SessionStitcher stitcher = session(each);
      live.remove(each);
      if (stitcher == null) {
        continue;
      }
      how.accept(stitcher);
      store.save(each, stitcher, 0, 0);
      countOpen(-1);
      saveTeam();
      passOn(keyOf(each));
    }
  }

  private static String keyOf(String id) {
    return id.substring(0, id.lastIndexOf('/', id.lastIndexOf('/') - 1));
  }

  /**
   * Loads the sessions in which a statement runs: nothing may be heard of it for long, and readers
   * are to see it all the same, also when the task that had its events had not shown it yet.
   */
  private void loadRunning(List<String> known) {
    for (String each : known) {
      SessionStitcher stitcher = session(each);
      if (stitcher != null && stitcher.openTrace() == 0) {
        live.remove(each);
      }
    }
  }

  private void publishOpenQueries(long wallMs) {
    openQueries.publish(
        live,
        this::session,
        wallMs,
        (key, query) ->
            context.forward(new Record<>(key, query, wallMs), StitchTopology.OPEN_QUERIES_SINK));
  }

  private void countOpen(long change) {
    openSessions += change;
    counters.add(Counter.OPEN_SESSIONS, change);
  }
}
