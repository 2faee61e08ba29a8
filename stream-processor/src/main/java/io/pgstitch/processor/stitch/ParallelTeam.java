package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.HeldTrace;
import io.pgstitch.processor.state.OpenTeam;
import io.pgstitch.processor.state.TeamLaunch;
import io.pgstitch.schema.LeaderLink;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Puts the traces of parallel workers under their leader's statement, in whatever order the batches
 * of the processes come. Not safe for several threads.
 *
 * <p>A worker's launch has the same context and number as the worker. A context may launch the same
 * number again, but not before the one before has ended: the latest launch that is not younger than
 * the worker is its own.
 *
 * <p>A part of a trace goes out as soon as its launch is known, the last one when the launch's
 * place is final. What waits is bounded in number: above that the oldest goes out under the
 * leader's root span, or alone, which {@code leader} of the trace says.
 */
public final class ParallelTeam {
  private static final int MOST_LAUNCHES = 1024;
  private static final int MOST_HELD = 64;
  private static final long KEPT_AFTER_NS = 60_000_000_000L;

  private final OpenTeam state;
  private final HeldTraces store;
  private final TeamCodec codec;
  private final StitchCounters counters;
  private final TeamOutput output;
  private boolean changed;

  ParallelTeam(
      OpenTeam state,
      HeldTraces store,
      TeamCodec codec,
      StitchCounters counters,
      TeamOutput output) {
    this.state = state;
    this.store = store;
    this.codec = codec;
    this.counters = counters;
    this.output = output;
  }

  /** Whether it was changed since it was made. */
  public boolean changed() {
    return changed;
  }

  /** Whether nothing waits, and no worker can come any more but one that is late. */
  public boolean isIdle() {
    return state.getHeld().isEmpty()
        && state.getLaunches().stream().noneMatch(launch -> launch.getSpanId().isEmpty());
  }

  /** The leader's session as the store names it; empty before it launched a worker. */
  public String leader() {
    return state.getLeader();
  }

  /** Saves the traces that wait in it, and gives its own bytes to be saved with them. */
  public byte[] saved() {
    store.save();
    changed = false;
    return codec.encode(state);
  }

  /**
   * The leader launched a worker.
   *
   * @param leader its session as the store names it
   */
  public void launched(TeamLaunch launch, String leader) {
    changed = true;
    state.setLeader(leader);
    forgetOld(launch.getTimeNs());
    state.getLaunches().add(launch);
    deliver();
  }

  /** The place of a launched worker is final. */
  public void placed(long context, int number, long timeNs, String spanId) {
    for (TeamLaunch launch : state.getLaunches()) {
      if (launch.getContext() == context
          && launch.getNumber() == number
          && launch.getTimeNs() == timeNs) {
        launch.setSpanId(spanId);
        changed = true;
      }
    }
    deliver();
  }

  /** A part of a worker's trace, as {@link StitchOutput#share} has it. */
  public void share(QueryTrace trace, long startNs, long utcOffsetNs) {
    HeldTrace held = new HeldTrace();
    held.setStored(state.getNextStored());
    held.setContext(trace.getBackend().getWorkerContext());
    held.setNumber(trace.getBackend().getWorkerNumber());
    held.setStartNs(startNs);
    held.setUtcOffsetNs(utcOffsetNs);
    held.setLast(trace.getLast());
    TeamLaunch launch = launchOf(held);
    if (isReady(held, launch)) {
      pass(trace, held, launch, launch.getSpanId());
      return;
    }
    changed = true;
    state.setNextStored(held.getStored() + 1);
    state.getHeld().add(held);
    store.put(held.getStored(), codec.encode(trace));
    if (state.getHeld().size() > MOST_HELD) {
      release(state.getHeld().remove(0));
    }
  }

  /** Lets go what waits for a launch that was not seen: nothing more is to be expected. */
  public void releaseWithoutLaunch() {
    release(true);
  }

  /** Lets go all that waits. */
  public void releaseAll() {
    release(false);
  }

  private void release(boolean withoutLaunch) {
    for (HeldTrace held : List.copyOf(state.getHeld())) {
      if (!withoutLaunch || launchOf(held) == null) {
        changed = true;
        state.getHeld().remove(held);
        release(held);
      }
    }
  }

  private void release(HeldTrace held) {
    TeamLaunch launch = launchOf(held);
    QueryTrace trace = codec.decodeTrace(store.take(held.getStored()));
    pass(trace, held, launch, launch == null ? "" : launch.getRootSpanId());
  }

  private void deliver() {
    for (Iterator<HeldTrace> each = state.getHeld().iterator(); each.hasNext(); ) {
      HeldTrace held = each.next();
      TeamLaunch launch = launchOf(held);
      if (isReady(held, launch)) {
        each.remove();
        changed = true;
        QueryTrace trace = codec.decodeTrace(store.take(held.getStored()));
        pass(trace, held, launch, launch.getSpanId());
      }
    }
  }

  private static boolean isReady(HeldTrace held, TeamLaunch launch) {
    return launch != null && (!held.getLast() || !launch.getSpanId().isEmpty());
  }

  private TeamLaunch launchOf(HeldTrace held) {
    TeamLaunch found = null;
    for (TeamLaunch launch : state.getLaunches()) {
      if (launch.getContext() == held.getContext()
          && launch.getNumber() == held.getNumber()
          && launch.getTimeNs() <= held.getStartNs()) {
        found = launch;
      }
    }
    return found;
  }

  private void pass(QueryTrace trace, HeldTrace held, TeamLaunch launch, String spanId) {
    if (launch == null) {
      if (trace.getLast()) {
        counters.add(Counter.WORKERS_WITHOUT_LEADER, 1);
      }
      output.trace(trace);
      return;
    }
    LeaderLink link = new LeaderLink();
    link.setTraceId(launch.getTraceId());
    link.setSpanId(held.getLast() ? spanId : launch.getRootSpanId());
    link.setCursor(launch.getCursor());
    link.setDepth(launch.getDepth());
    trace.setLeader(link);
    trace.setParentTraceId(launch.getWithinTraceId());
    trace.setParentSpanId(link.getSpanId());
    trace.setSampled(launch.getSampled());
    trace.setTracestate(launch.getTracestate());
    move(trace, launch.getUtcOffsetNs() - held.getUtcOffsetNs());
    output.trace(trace);
    if (!launch.getSeen()) {
      launch.setSeen(true);
      changed = true;
      output.seen(launch, trace.getBackend());
    }
  }

  /** Both sessions have a clock of their own, which was set when each was first seen. */
  private static void move(QueryTrace trace, long byNs) {
    trace.setStartUtcNs(trace.getStartUtcNs() + byNs);
    trace.setEndUtcNs(trace.getEndUtcNs() + byNs);
    for (Span span : trace.getSpans()) {
      span.setStartUtcNs(span.getStartUtcNs() + byNs);
      span.setEndUtcNs(span.getEndUtcNs() + byNs);
    }
  }

  /** Whose workers ended long ago, or that are too many. */
  private void forgetOld(long nowNs) {
    List<TeamLaunch> launches = state.getLaunches();
    launches.removeIf(
        launch -> !launch.getSpanId().isEmpty() && launch.getTimeNs() < nowNs - KEPT_AFTER_NS);
    while (launches.size() >= MOST_LAUNCHES) {
      TeamLaunch oldest = launches.get(0);
      oldest.setSpanId(oldest.getSpanId().isEmpty() ? oldest.getRootSpanId() : oldest.getSpanId());
      deliver();
      launches.remove(0);
    }
  }

  /** Of whom nothing is known. */
  static OpenTeam empty() {
    OpenTeam team = new OpenTeam();
    team.setLaunches(new ArrayList<>());
    team.setHeld(new ArrayList<>());
    team.setLeader("");
    return team;
  }
}
