package io.pgstitch.benchmarks;

import io.pgstitch.bpf.KernelPrograms;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** What tracing costs the server, beside what its alternatives cost. */
final class ServerMeasure implements Measure {
  private static final int RING_BYTES = 1 << 16;
  private static final Target MOST_TRAPS = Target.atMost(5);

  @Override
  public String name() {
    return "server";
  }

  @Override
  public String what() {
    return "processor time of backends for a transaction, throughput and latency, at each level and"
        + " with alternatives";
  }

  @Override
  public void run(Run run) throws Exception {
    Broker broker = run.open(Broker.start(run));
    Database plain = run.open(Database.start());
    Database counting = run.open(Database.start("pg_stat_statements"));
    Database explaining = run.open(Database.start("auto_explain"));
    KernelPrograms programs = run.open(KernelPrograms.load(RING_BYTES));
    Traps traps = new Traps(programs);
    boolean quick = run.effort().isQuick();
    List<Load> all = List.of(Load.SELECT, Load.PREPARED, Load.TPCB);
    List<Load> simple = quick ? List.of(Load.SELECT) : all;
    List<Load> selects = quick ? simple : List.of(Load.SELECT, Load.PREPARED);
    CollectorState level0 = CollectorState.ofAll(0, run, broker, plain, selects, traps);
    CollectorState level1 = CollectorState.ofAll(1, run, broker, plain, all, traps);
    CollectorState level12 = CollectorState.ofAll(12, run, broker, plain, all, traps);
    CollectorState calls = CollectorState.ofCalls(run, broker, plain, selects, traps);
    CollectorState phases = CollectorState.ofPhases(run, broker, plain, selects, traps);
    CollectorState one = CollectorState.ofOne(run, broker, plain, List.of(Load.SELECT), traps);
    FloorState floor = new FloorState(programs, plain, selects, traps);
    List<ServerState> states =
        new ArrayList<>(
            List.of(
                level0,
                floor,
                level1,
                level12,
                calls,
                phases,
                one,
                new StatementsState(counting, selects),
                LoggedState.autoExplain(explaining, simple),
                LoggedState.logDuration(plain, simple)));
    if (quick) {
      // What it costs lies between statements and phases, which are measured.
      states.remove(calls);
    }
    ServerFigures figures = new ServerFigures();
    try {
      rounds(run, states, plain, figures);
    } finally {
      // They take an hour: one that fails, or is interrupted, does not take the others with it.
      figures.report(run);
      traps(run, "level-1", level1.counted(), Optional.of(MOST_TRAPS));
      traps(run, "floor", floor.counted(), Optional.empty());
      traps(run, "level-12", level12.counted(), Optional.of(MOST_TRAPS));
      traps(run, "level-12-calls", calls.counted(), Optional.empty());
      traps(run, "level-12-phases", phases.counted(), Optional.empty());
      traps(run, "one-of-eight", one.counted(), Optional.empty());
    }
  }

  private static void rounds(
      Run run, List<ServerState> states, Database plain, ServerFigures figures) throws Exception {
    Sessions sessions = new Sessions(run.directory("pgbench"), run.effort());
    for (int round = 1; round <= run.effort().rounds(); round++) {
      for (ServerState state : states) {
        run.say("server: round " + round + " of " + run.effort().rounds() + ", " + state.name());
        pair(sessions, state, loads(state, round, run.effort()), plain, figures);
      }
      // So that no state always follows the same other one.
      Collections.rotate(states, 3);
    }
  }

  private static void traps(Run run, String state, List<Double> counted, Optional<Target> target) {
    if (!counted.isEmpty()) {
      String name = "server.select." + state + ".traps";
      Figure figure = Figure.of(name, Samples.of(counted), "traps/statement");
      run.found(target.map(figure::against).orElse(figure));
    }
  }

  private static List<Load> loads(ServerState state, int round, Effort effort) {
    return round <= effort.roundsOfOtherLoads() ? state.loads() : state.loads().subList(0, 1);
  }

  /** Nothing, then the state; both with the same loads in the same order. */
  private static void pair(
      Sessions sessions, ServerState state, List<Load> loads, Database plain, ServerFigures figures)
      throws Exception {
    List<Sessions.Watched> before = new ArrayList<>();
    for (Load load : loads) {
      before.add(sessions.watch(plain, load, "", ""));
    }
    AutoCloseable inForce = state.begin();
    try {
      for (int i = 0; i < loads.size(); i++) {
        Load load = loads.get(i);
        Sessions.Watched under =
            sessions.watch(state.database(), load, state.optionsOfOne(), state.optionsOfOthers());
        state.verify(load, under.transactions());
        figures.add(load, state.name(), before.get(i), under);
      }
    } finally {
      inForce.close();
    }
  }
}
