package io.pgstitch.processor.topology;

import io.pgstitch.processor.state.TeamLaunch;
import io.pgstitch.processor.stitch.Counter;
import io.pgstitch.processor.stitch.SavedSessions;
import io.pgstitch.processor.stitch.SavedTeams;
import io.pgstitch.processor.stitch.SessionStitcher;
import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.stitch.StitchLimits;
import io.pgstitch.processor.stitch.StitchOutput;
import io.pgstitch.processor.stitch.TraceSampler;
import io.pgstitch.processor.stitch.WaitedFor;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SamplingRule;
import io.pgstitch.schema.TraceRecords;
import java.time.Duration;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Gives batches to the stitchers of their backends, saves these, then passes on what they finished.
 */
final class StitchProcessor
    implements Processor<String, RawEventBatch, String, SpecificRecord>, StitchOutput {
  private static final long NS_PER_MS = 1_000_000;
  private static final Duration LOOK_AT_OPEN_QUERIES = Duration.ofSeconds(1);
  private static final Duration LOOK_AT_TEAMS = Duration.ofSeconds(15);

  private final StitchLimits limits;
  private final StitchCounters counters;
  private final SessionTimes times;
  private final boolean forReplay;
  private ProcessorContext<String, SpecificRecord> context;
  private LiveSessions sessions;
  private SilentSessions silent;
  private WorkerTeams teams;
  private EndedSessions endedSessions;
  private QueryHistories histories;
  private HeldBack heldBack;
  private FinishedOutputs outputs;
  private OpenQueries openQueries;
  private long startedMs;

  /** Of the session whose turn it is. */
  private String id;

  /** The sampling rule that came with these events, null for none. */
  private SamplingRule rule;

  /** Whose events are taken, null for nobody's. */
  private SessionStitcher running;

  /**
   * Values for one task.
   *
   * @param forReplay as {@link FinishedOutputs} takes it
   */
  StitchProcessor(
      StitchLimits limits, StitchCounters counters, SessionTimes times, boolean forReplay) {
    this.limits = limits;
    this.counters = counters;
    this.times = times;
    this.forReplay = forReplay;
  }

  @Override
  public void init(ProcessorContext<String, SpecificRecord> newContext) {
    context = newContext;
    startedMs = context.currentSystemTimeMs();
    KeyValueStore<String, byte[]> bytes = context.getStateStore(StitchTopology.STORE);
    SessionStore store = new SessionStore(bytes, new SavedSessions(limits, counters));
    sessions = new LiveSessions(store, counters, this);
    teams = new WorkerTeams(new TeamStore(bytes, new SavedTeams(counters)), sessions, this::trace);
    histories = new QueryHistories(bytes);
    heldBack = new HeldBack(bytes, counters);
    outputs = new FinishedOutputs(new TraceSampler(counters, histories), heldBack, forReplay);
    context.schedule(LOOK_AT_TEAMS, PunctuationType.WALL_CLOCK_TIME, this::releaseTeams);
    endedSessions = new EndedSessions(bytes);
    context.schedule(
        EndedSessions.KEPT.dividedBy(10),
        PunctuationType.WALL_CLOCK_TIME,
        endedSessions::forgetOld);
    silent = new SilentSessions(context, sessions, this::outsideEvents, startedMs);
    silent.watch(times);
    if (times.publishesOpenQueries()) {
      openQueries = new OpenQueries(bytes, counters, times.openQueriesAfter());
      openQueries.restore(startedMs);
      sessions.loadRunning();
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
    if (sessions.inMemory(id) == null && endedSessions.has(id)) {
      counters.add(Counter.DUPLICATE_BATCHES, 1);
      return;
    }
    boolean done = false;
    try {
      SessionStitcher stitcher = sessions.find(id);
      if (stitcher == null && SessionStitcher.isSignOfLife(batch)) {
        counters.add(Counter.STALE_SIGNS_OF_LIFE, 1);
        return;
      }
      if (stitcher == null) {
        stitcher = new SessionStitcher(backend, limits, counters, this);
        sessions.begin(id, stitcher);
      }
      running = stitcher;
      rule = batch.getSampling();
      stitcher.accept(batch);
      long now = context.currentSystemTimeMs();
      sessions.save(id, stitcher, record.timestamp(), now);
      if (stitcher.ended()) {
        sessions.ended(id);
        endedSessions.add(id, now);
      }
      teams.save(now);
      done = true;
    } finally {
      if (!done) {
        // Half a batch was taken: the store has the state before it, and nothing is passed on.
        sessions.drop(id);
        teams.drop();
        outputs.clear();
      }
    }
    passOn(record.key());
  }

  @Override
  public void close() {
    if (sessions != null) {
      sessions.close();
    }
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
    teams.team().share(trace, startNs, utcOffsetNs);
  }

  @Override
  public void launched(TeamLaunch launch) {
    teams.team().launched(launch, id);
  }

  @Override
  public void placed(long workerContext, int number, long timeNs, String spanId) {
    teams.team().placed(workerContext, number, timeNs, spanId);
  }

  /** What is stitched from here on is of this session. */
  private void at(String recordKey, String newId) {
    id = newId;
    rule = null;
    running = null;
    teams.at(recordKey, newId);
  }

  private void outsideEvents(String recordKey, String sessionId, Runnable what) {
    at(recordKey, sessionId);
    what.run();
    teams.save(context.currentSystemTimeMs());
    passOn(recordKey);
  }

  private void releaseTeams(long wallMs) {
    if (WorkerTeams.mayRelease(startedMs, wallMs)) {
      teams.release(
          wallMs, context.currentSystemTimeMs(), times.sessionIdle(), this::outsideEvents);
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

  /**
   * Closes all that is open because the events that follow are not read; it is marked.
   *
   * @param where the events end, for the trace files
   */
  void cut(String where) {
    silent.cut(where);
  }

  private void publishOpenQueries(long wallMs) {
    openQueries.publish(
        sessions.inMemory(),
        sessions::find,
        wallMs,
        (key, query) ->
            context.forward(new Record<>(key, query, wallMs), StitchTopology.OPEN_QUERIES_SINK));
  }
}
