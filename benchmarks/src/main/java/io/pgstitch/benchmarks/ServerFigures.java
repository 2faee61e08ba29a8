package io.pgstitch.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Pairs of windows, and what they say. */
final class ServerFigures {
  private static final String ONE = "one-of-eight";

  private final Map<String, List<Pair>> pairs = new LinkedHashMap<>();

  private record Pair(Window nothing, Window state) {}

  void add(Load load, String state, Sessions.Watched nothing, Sessions.Watched under) {
    if (state.equals(ONE)) {
      pair(load.name() + "." + state + ".traced", nothing.one(), under.one());
      pair(load.name() + "." + state + ".neighbours", nothing.others(), under.others());
    } else {
      pair(load.name() + "." + state, nothing.all(), under.all());
    }
  }

  private void pair(String key, Window nothing, Window under) {
    pairs.computeIfAbsent(key, k -> new ArrayList<>()).add(new Pair(nothing, under));
  }

  void report(Run run) {
    for (Load load : List.of(Load.SELECT, Load.PREPARED, Load.TPCB)) {
      baseline(run, load);
      for (String key : pairs.keySet()) {
        if (key.startsWith(load.name() + ".")) {
          state(run, key);
        }
      }
      quotients(run, load);
    }
  }

  private void baseline(Run run, Load load) {
    List<Pair> all =
        pairs.entrySet().stream()
            .filter(e -> e.getKey().startsWith(load.name() + ".") && !e.getKey().contains(ONE))
            .flatMap(e -> e.getValue().stream())
            .toList();
    if (all.isEmpty()) {
      return;
    }
    String name = "server." + load.name() + ".nothing";
    run.found(Figure.of(name + ".cpu", before(all, Window::cpuMicros), "us/transaction"));
    run.found(Figure.of(name + ".tps", before(all, Window::tps), "transactions/s"));
    run.found(Figure.of(name + ".p99", before(all, Window::p99Millis), "ms"));
  }

  private void state(Run run, String key) {
    List<Pair> all = pairs.get(key);
    Samples cpu = under(all, Window::cpuMicros);
    Samples cpuBefore = before(all, Window::cpuMicros);
    Samples ratio = cpu.dividedBy(cpuBefore);
    String name = "server." + key;
    run.found(
        Figure.of(name + ".added-cpu", cpu.minus(cpuBefore), "us/transaction", cpuBefore.median())
            .comparedWith(ratio));
    if (key.endsWith("level-0") || key.endsWith("neighbours")) {
      List<Double> percent = ratio.values().stream().map(r -> 100 * (r - 1)).toList();
      run.found(
          Figure.of(name + ".added-share", Samples.of(percent), "%", 100)
              .against(Target.atMost(1)));
    }
    found(run, name + ".tps", all, Window::tps, "transactions/s");
    found(run, name + ".p99", all, Window::p99Millis, "ms");
  }

  private static void found(
      Run run, String name, List<Pair> all, ToDoubleFunction<Window> what, String unit) {
    Samples under = under(all, what);
    run.found(Figure.of(name, under, unit).comparedWith(under.dividedBy(before(all, what))));
  }

  private void quotients(Run run, Load load) {
    quotient(run, load, "level-1", "floor", 1.3);
    quotient(run, load, "level-12", "auto_explain", 1);
    quotient(run, load, "level-12-calls", "auto_explain", 1);
    quotient(run, load, "level-12-phases", "auto_explain", 1);
  }

  /** What one adds as a multiple of what another adds; rounds are pairs. */
  private void quotient(Run run, Load load, String state, String other, double limit) {
    List<Pair> ofState = pairs.get(load.name() + "." + state);
    List<Pair> ofOther = pairs.get(load.name() + "." + other);
    if (ofState == null || ofOther == null) {
      return;
    }
    // Of the last round one may be missing, where that failed.
    int rounds = Math.min(ofState.size(), ofOther.size());
    Samples quotient =
        added(ofState.subList(0, rounds)).dividedBy(added(ofOther.subList(0, rounds)));
    run.found(
        Figure.of(
                "server." + load.name() + "." + state + ".added-cpu-to-" + other, quotient, "times")
            .against(Target.atMost(limit)));
  }

  private static Samples added(List<Pair> all) {
    return under(all, Window::cpuMicros).minus(before(all, Window::cpuMicros));
  }

  private static Samples before(List<Pair> all, ToDoubleFunction<Window> what) {
    return Samples.of(all.stream().map(p -> what.applyAsDouble(p.nothing)).toList());
  }

  private static Samples under(List<Pair> all, ToDoubleFunction<Window> what) {
    return Samples.of(all.stream().map(p -> what.applyAsDouble(p.state)).toList());
  }
}
