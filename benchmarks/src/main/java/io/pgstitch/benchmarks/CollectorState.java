package io.pgstitch.benchmarks;

import io.pgstitch.bpf.Detail;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoublePredicate;

/** A collector is attached. */
final class CollectorState implements ServerState {
  private static final String SWITCHED = "-c pgstitch.level=12 -c pgstitch.functions=on";

  private final String name;
  private final Run run;
  private final Broker broker;
  private final Database database;
  private final List<Load> loads;
  private final List<String> settings;
  private final String ofOne;
  private final Traps traps;
  private final DoublePredicate expected;
  private final boolean sendsEvents;
  private final List<Double> counted = new ArrayList<>();
  private Child collector;

  private CollectorState(
      String name,
      Run run,
      Broker broker,
      Database database,
      List<Load> loads,
      List<String> settings,
      String ofOne,
      Traps traps,
      DoublePredicate expected) {
    this.name = name;
    this.run = run;
    this.broker = broker;
    this.database = database;
    this.loads = loads;
    this.settings = settings;
    this.ofOne = ofOne;
    this.traps = traps;
    this.expected = expected;
    this.sendsEvents = !ofOne.isEmpty() || !settings.contains("level=0");
  }

  /** All sessions at one level, with the detail that a collector has by default. */
  static CollectorState ofAll(
      int level, Run run, Broker broker, Database database, List<Load> loads, Traps traps) {
    DoublePredicate expected = level == 0 ? n -> n == 0 : n -> n >= 5 && n < 6;
    List<String> settings = List.of("level=" + level);
    return new CollectorState(
        "level-" + level, run, broker, database, loads, settings, "", traps, expected);
  }

  /** All sessions at level 12, of a collector that watches calls without their phases. */
  static CollectorState ofCalls(
      Run run, Broker broker, Database database, List<Load> loads, Traps traps) {
    return ofDetail(Detail.CALLS, run, broker, database, loads, traps, n -> n >= 12 && n < 13);
  }

  /** All sessions at level 12, of a collector that watches the phases of each statement. */
  static CollectorState ofPhases(
      Run run, Broker broker, Database database, List<Load> loads, Traps traps) {
    return ofDetail(Detail.PHASES, run, broker, database, loads, traps, n -> n >= 20);
  }

  private static CollectorState ofDetail(
      Detail detail,
      Run run,
      Broker broker,
      Database database,
      List<Load> loads,
      Traps traps,
      DoublePredicate expected) {
    String name = "level-12-" + detail.text();
    List<String> settings = List.of("level=12", "detail=" + detail.text());
    return new CollectorState(name, run, broker, database, loads, settings, "", traps, expected);
  }

  /** One session of eight at level 12 with functions, its neighbours at none. */
  static CollectorState ofOne(
      Run run, Broker broker, Database database, List<Load> loads, Traps traps) {
    return new CollectorState(
        "one-of-eight",
        run,
        broker,
        database,
        loads,
        List.of("level=0"),
        SWITCHED,
        traps,
        n -> n > 20);
  }

  /** Traps of a select-only statement, each time they were counted. */
  List<Double> counted() {
    return counted;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Database database() {
    return database;
  }

  @Override
  public List<Load> loads() {
    return loads;
  }

  @Override
  public String optionsOfOne() {
    return ofOne;
  }

  @Override
  public String optionsOfOthers() {
    return "";
  }

  @Override
  public AutoCloseable begin() throws InterruptedException {
    collector = CollectorProcess.start(run, broker, database, settings);
    if (sendsEvents) {
      settle();
    }
    return () -> {
      try (Child ended = collector) {
        ended.stop();
      }
    };
  }

  private void settle() {
    List<String> arguments = new ArrayList<>(loads.get(0).arguments());
    arguments.addAll(List.of("-n", "-c", "8", "-T", String.valueOf(run.effort().settleSeconds())));
    arguments.add("dbname=postgres options='" + ofOne + "'");
    database.server().client().pgbench(arguments.toArray(String[]::new));
  }

  @Override
  public void verify(Load load, long transactions) throws Exception {
    if (!collector.isAlive()) {
      throw new IllegalStateException("the collector ended: " + collector.errors());
    }
    if (!load.equals(loads.get(0)) || !counted.isEmpty()) {
      return;
    }
    double each = traps.ofSelect(database, ofOne, new ProgramRuns(collector.pid()));
    if (!expected.test(each)) {
      throw new IllegalStateException(
          name + " was not in force: a statement took " + each + " traps");
    }
    counted.add(each);
  }
}
