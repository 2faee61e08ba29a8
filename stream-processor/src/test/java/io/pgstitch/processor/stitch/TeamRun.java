package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.TeamLaunch;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.TraceRecords;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The sessions of one record key and their team, which is saved and restored after each batch. */
final class TeamRun implements StitchOutput {
  final StitchCounters counters = new StitchCounters();
  final List<QueryTrace> traces = new ArrayList<>();
  final Map<Integer, List<Object>> records = new HashMap<>();
  final Map<Long, byte[]> held = new HashMap<>();
  private final Map<Integer, SessionStitcher> sessions = new HashMap<>();
  private final SavedTeams savedTeams = new SavedTeams(counters);
  private final SavedSessions savedSessions = new SavedSessions(StitchLimits.DEFAULT, counters);
  private final Map<Long, byte[]> chunks = new HashMap<>();
  private final boolean restarts;
  private ParallelTeam team = savedTeams.team(null, new Held(), new Out());
  private int pid;

  /**
   * @param restarts whether the sessions are saved and restored, too
   */
  TeamRun(boolean restarts) {
    this.restarts = restarts;
  }

  void accept(RawEventBatch batch) {
    pid = batch.getBackend().getPid();
    SessionStitcher stitcher =
        sessions.computeIfAbsent(
            pid,
            each -> new SessionStitcher(batch.getBackend(), StitchLimits.DEFAULT, counters, this));
    stitcher.accept(batch);
    if (restarts) {
      restart(stitcher);
    }
    team = savedTeams.team(team.saved(), new Held(), new Out());
  }

  private void restart(SessionStitcher stitcher) {
    StoreChange change = savedSessions.change(stitcher);
    long base = pid * 1_000_000L;
    for (long i = change.deleteFrom(); i < change.deleteTo(); i++) {
      chunks.remove(base + i);
    }
    if (change.chunk() != null) {
      chunks.put(base + change.chunkNumber(), change.chunk());
    }
    byte[] state = savedSessions.state(stitcher);
    sessions.put(pid, savedSessions.restore(state, number -> chunks.get(base + number), this));
  }

  ParallelTeam team() {
    return team;
  }

  List<QueryTrace> of(int backendPid) {
    return traces.stream().filter(trace -> trace.getBackend().getPid() == backendPid).toList();
  }

  @Override
  public void trace(QueryTrace trace) {
    traces.add(trace);
  }

  @Override
  public void share(QueryTrace trace, long startNs, long utcOffsetNs) {
    team.share(trace, startNs, utcOffsetNs);
  }

  @Override
  public void launched(TeamLaunch launch) {
    team.launched(launch, Integer.toString(pid));
  }

  @Override
  public void placed(long context, int number, long timeNs, String spanId) {
    team.placed(context, number, timeNs, spanId);
  }

  @Override
  public void settled(WaitedFor waitedFor) {}

  @Override
  public void records(TraceRecords more, long endUtcNs) {
    records
        .computeIfAbsent(more.getBackend().getPid(), each -> new ArrayList<>())
        .addAll(more.getRecords());
  }

  private final class Out implements TeamOutput {
    @Override
    public void trace(QueryTrace trace) {
      traces.add(trace);
    }

    @Override
    public void seen(TeamLaunch launch, Backend worker) {
      sessions.get(Integer.parseInt(team.leader())).workerSeen(launch, worker);
    }
  }

  private final class Held implements HeldTraces {
    @Override
    public void put(long number, byte[] trace) {
      held.put(number, trace);
    }

    @Override
    public byte[] take(long number) {
      return held.remove(number);
    }

    @Override
    public void save() {}
  }
}
