package io.pgstitch.processor.topology;

import io.pgstitch.processor.state.TeamLaunch;
import io.pgstitch.processor.stitch.ParallelTeam;
import io.pgstitch.processor.stitch.SessionStitcher;
import io.pgstitch.processor.stitch.TeamOutput;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.QueryTrace;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Sessions with their parallel workers: the team of the session whose turn it is, loaded when it is
 * needed.
 */
final class WorkerTeams implements TeamOutput {
  /** How long a worker's trace waits for a launch that may not have been seen. */
  private static final Duration LAUNCH_WAIT = Duration.ofMinutes(2);

  private final TeamStore store;
  private final LiveSessions sessions;
  private final Consumer<QueryTrace> traces;
  private String recordKey;
  private String id;
  private ParallelTeam team;

  /**
   * Of one task.
   *
   * @param traces takes those of workers whose place is known, or will not be
   */
  WorkerTeams(TeamStore store, LiveSessions sessions, Consumer<QueryTrace> traces) {
    this.store = store;
    this.sessions = sessions;
    this.traces = traces;
  }

  /** What follows is of this session. */
  void at(String newRecordKey, String newId) {
    recordKey = newRecordKey;
    id = newId;
    team = null;
  }

  /** The team of the session. */
  ParallelTeam team() {
    if (team == null) {
      team = store.load(recordKey, this);
    }
    return team;
  }

  /** Saves what changed of it. */
  void save(long wallMs) {
    if (team != null && team.changed()) {
      store.save(recordKey, team, wallMs);
    }
    team = null;
  }

  /** Forgets what changed of it. */
  void drop() {
    team = null;
  }

  @Override
  public void trace(QueryTrace trace) {
    traces.accept(trace);
  }

  /** What the leader's records say of its workers. */
  @Override
  public void seen(TeamLaunch launch, Backend worker) {
    String leader = team.leader();
    boolean running = leader.equals(id);
    SessionStitcher stitcher = sessions.inMemory(leader);
    if (stitcher == null && !running) {
      stitcher = sessions.load(leader);
    }
    if (stitcher == null) {
      return;
    }
    stitcher.workerSeen(launch, worker);
    if (!running) {
      sessions.keep(leader, stitcher);
      sessions.saveUnheard(leader, stitcher);
    }
  }

  /**
   * What waits for a launch that was not seen stands alone; what is over is forgotten.
   *
   * @param wallMs up to when they have waited
   * @param nowMs when they are saved
   * @param sessionIdle silence after which nothing of a session follows
   */
  void release(long wallMs, long nowMs, Duration sessionIdle, Turn turn) {
    for (String key : store.unchangedSince(wallMs - LAUNCH_WAIT.toMillis())) {
      turn.take(
          key,
          "",
          () -> {
            team().releaseWithoutLaunch();
            boolean over = team().isIdle();
            save(nowMs);
            if (over) {
              store.delete(key);
            }
          });
    }
    for (String key : store.unchangedSince(wallMs - sessionIdle.toMillis())) {
      turn.take(
          key,
          "",
          () -> {
            team().releaseAll();
            save(nowMs);
            store.delete(key);
          });
    }
  }

  /** Whether a task has seen for long enough what it would wait for. */
  static boolean mayRelease(long startedMs, long wallMs) {
    return startedMs <= wallMs - LAUNCH_WAIT.toMillis();
  }
}
