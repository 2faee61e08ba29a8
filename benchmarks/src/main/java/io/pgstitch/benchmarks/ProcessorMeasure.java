package io.pgstitch.benchmarks;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/** The processor on a real broker, beside an application that only copies. */
final class ProcessorMeasure implements Measure {
  private static final List<Integer> BACKENDS = List.of(10, 1_000, 10_000);
  private static final int USUAL = 1_000;
  private static final int SESSIONS = 40_000;

  private int applications;

  /** What is run in a round, by its name in the figures. */
  private record Kind(String name, int backends, boolean exactlyOnce) {}

  @Override
  public String name() {
    return "processor";
  }

  @Override
  public String what() {
    return "events a second through the processor on a real broker, beside a Kafka Streams"
        + " application that copies";
  }

  @Override
  public void run(Run run) throws Exception {
    Broker broker = run.open(Broker.start(run));
    Admin admin = run.open(broker.admin());
    admin
        .createTopics(List.of(new NewTopic(CopyMain.COPIES, Broker.PARTITIONS, (short) 1)))
        .all()
        .get();
    Map<Integer, SessionLoad.Part> parts = parts(run, broker);
    List<Kind> kinds = new ArrayList<>();
    BACKENDS.forEach(n -> kinds.add(new Kind("processor." + n + "-backends", n, true)));
    kinds.add(new Kind("processor.at-least-once", USUAL, false));
    Map<String, List<Double>> rates = new LinkedHashMap<>();
    Map<String, List<Double>> megabytes = new LinkedHashMap<>();
    List<Double> copies = new ArrayList<>();
    int rounds = run.effort().isQuick() ? 2 : run.effort().rounds();
    for (int round = 1; round <= rounds; round++) {
      run.say("processor: round " + round + " of " + rounds + ", copying");
      copies.add(parts.get(USUAL).events() / copied(run, broker, admin, parts.get(USUAL)));
      for (Kind kind : kinds) {
        run.say("processor: round " + round + " of " + rounds + ", " + kind.name());
        SessionLoad.Part part = parts.get(kind.backends());
        double seconds = processed(run, broker, admin, part, kind.exactlyOnce());
        rates.computeIfAbsent(kind.name(), k -> new ArrayList<>()).add(part.events() / seconds);
        megabytes
            .computeIfAbsent(kind.name(), k -> new ArrayList<>())
            .add(part.bytes() / 1e6 / seconds);
      }
    }
    report(run, Samples.of(copies), rates, megabytes);
  }

  private static Map<Integer, SessionLoad.Part> parts(Run run, Broker broker) throws Exception {
    SessionLoad load;
    try (Database database = Database.start()) {
      run.say("processor: recording a session");
      load = SessionLoad.record(run, broker, database);
    }
    Map<Integer, SessionLoad.Part> parts = new LinkedHashMap<>();
    for (int backends : BACKENDS) {
      run.say("processor: writing the sessions of " + backends + " backends");
      parts.put(backends, load.write(run.effort().isQuick() ? SESSIONS / 2 : SESSIONS, backends));
    }
    return parts;
  }

  private double copied(Run run, Broker broker, Admin admin, SessionLoad.Part part)
      throws Exception {
    String application = "bench-copy-" + ++applications;
    Path directory = run.directory(application);
    StreamsRun streams = new StreamsRun(admin, part);
    streams.beginHere(application);
    try (Child child =
        Child.java(
            "copy",
            directory,
            CopyMain.class,
            broker.address(),
            application,
            directory + "/state")) {
      return streams.seconds(application, child);
    }
  }

  private double processed(
      Run run, Broker broker, Admin admin, SessionLoad.Part part, boolean exactlyOnce)
      throws Exception {
    String application = "bench-processor-" + ++applications;
    Path directory = run.directory(application);
    Path file = directory.resolve("processor.properties");
    Files.write(
        file,
        List.of(
            "kafka.bootstrap.servers=" + broker.address(),
            "application.id=" + application,
            "state.dir=" + directory.resolve("state"),
            "exactly.once=" + exactlyOnce,
            // Else it is 30 s without exactly-once, which would hide when the work is done.
            "kafka.commit.interval.ms=100"));
    StreamsRun streams = new StreamsRun(admin, part);
    streams.beginHere(application);
    try (Child child =
        Child.pgstitch("processor", directory, "processor", "--config", file.toString())) {
      return streams.seconds(application, child);
    }
  }

  private static void report(
      Run run,
      Samples copies,
      Map<String, List<Double>> rates,
      Map<String, List<Double>> megabytes) {
    run.found(Figure.of("processor.copy", copies, "events/s"));
    for (Map.Entry<String, List<Double>> kind : rates.entrySet()) {
      Samples rate = Samples.of(kind.getValue());
      run.found(
          Figure.of(kind.getKey() + ".rate", rate, "events/s")
              .comparedWith(rate.dividedBy(copies)));
      run.found(
          Figure.of(kind.getKey() + ".bytes", Samples.of(megabytes.get(kind.getKey())), "MB/s"));
    }
    Samples usual = Samples.of(rates.get("processor." + USUAL + "-backends"));
    run.found(
        Figure.of("processor.to-copy", usual.dividedBy(copies), "times")
            .against(Target.atLeast(0.5)));
    for (int backends : BACKENDS) {
      if (backends != USUAL) {
        Samples other = Samples.of(rates.get("processor." + backends + "-backends"));
        run.found(
            Figure.of(
                    "processor." + backends + "-to-" + USUAL + "-backends",
                    other.dividedBy(usual),
                    "times")
                .against(Target.atLeast(0.8)));
      }
    }
  }
}
