package io.pgstitch.benchmarks;

import io.pgstitch.benchmarks.StreamsApplication.Speed;
import io.pgstitch.schema.Topics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * The processor on a real broker, beside applications that only copy. Each is warm before it is
 * timed, and idle while another is.
 */
final class ProcessorMeasure implements Measure {
  private static final List<Integer> BACKENDS = List.of(10, 1_000, 10_000);
  private static final int USUAL = 1_000;

  /**
   * Sessions until compilers have nothing more to do: after a quarter of them they still took half
   * a processor here, and the processor did two thirds of its later rate.
   */
  private static final int WARM_UP = 80_000;

  private final Map<String, List<Speed>> speeds = new LinkedHashMap<>();
  private double writtenPerByteRead;

  @Override
  public String name() {
    return "processor";
  }

  @Override
  public String what() {
    return "events a second through the processor on a real broker, beside Kafka Streams"
        + " applications that copy";
  }

  @Override
  public void run(Run run) throws Exception {
    Broker broker = run.open(Broker.start(run));
    Admin admin = run.open(broker.admin());
    admin
        .createTopics(
            Stream.of(CopyMain.INPUT, CopyRecordsMain.INPUT, CopyMain.COPIES)
                .map(topic -> new NewTopic(topic, Broker.PARTITIONS, (short) 1))
                .toList())
        .all()
        .get();
    SessionLoad load;
    try (Database database = Database.start()) {
      run.say("processor: recording a session");
      load = SessionLoad.record(run, broker, database);
    }
    int rounds = run.effort().isQuick() ? 2 : run.effort().rounds();
    int sessions = run.effort().isQuick() ? 10_000 : 20_000;
    try (StreamsApplication copy = copying(run, broker, admin, load, "copy");
        StreamsApplication copyRecords = copying(run, broker, admin, load, "copy-records");
        StreamsApplication processor = processor(run, broker, admin, load, true)) {
      run.say("processor: warming up");
      copy.process(WARM_UP, USUAL);
      copyRecords.process(WARM_UP, USUAL);
      processor.process(WARM_UP, USUAL);
      for (int round = 1; round <= rounds; round++) {
        run.say("processor: round " + round + " of " + rounds);
        measure("copy", copy, 2 * sessions, USUAL);
        measure("copy-records", copyRecords, 2 * sessions, USUAL);
        for (int i = 0; i < BACKENDS.size(); i++) {
          // What comes first after the copies is another one in each second round.
          int backends = BACKENDS.get(round % 2 == 1 ? i : BACKENDS.size() - 1 - i);
          measure(backends + "-backends", processor, sessions, backends);
        }
      }
      try (WrittenBytes written = new WrittenBytes(broker)) {
        SessionLoad.Part part = load.write(Topics.RAW_EVENTS, sessions, USUAL);
        processor.process(part);
        writtenPerByteRead = (double) written.count() / part.bytes();
      }
    }
    try (StreamsApplication processor = processor(run, broker, admin, load, false)) {
      run.say("processor: at least once");
      processor.process(WARM_UP, USUAL);
      for (int round = 1; round <= rounds; round++) {
        measure("at-least-once", processor, sessions, USUAL);
      }
    }
    report(run);
  }

  private void measure(String what, StreamsApplication application, int sessions, int backends)
      throws Exception {
    speeds
        .computeIfAbsent(what, name -> new ArrayList<>())
        .add(application.process(sessions, backends));
  }

  private static StreamsApplication copying(
      Run run, Broker broker, Admin admin, SessionLoad load, String name) throws Exception {
    boolean typed = name.equals("copy-records");
    String application = "bench-" + name;
    Path directory = run.directory(application);
    return new StreamsApplication(
        admin,
        load,
        typed ? CopyRecordsMain.INPUT : CopyMain.INPUT,
        application,
        () ->
            Child.java(
                name,
                directory,
                typed ? CopyRecordsMain.class : CopyMain.class,
                broker.address(),
                application,
                directory + "/state"));
  }

  private static StreamsApplication processor(
      Run run, Broker broker, Admin admin, SessionLoad load, boolean exactlyOnce) throws Exception {
    String application = "bench-processor-" + (exactlyOnce ? "exactly" : "at-least") + "-once";
    Path directory = run.directory(application);
    Path file = directory.resolve("processor.properties");
    List<String> settings =
        List.of(
            "kafka.bootstrap.servers=" + broker.address(),
            "application.id=" + application,
            "state.dir=" + directory.resolve("state"),
            "exactly.once=" + exactlyOnce,
            // Else it would see sessions while they are written.
            "kafka.isolation.level=read_committed",
            // Else it is 30 s without exactly-once, which would hide when the work is done.
            "kafka.commit.interval.ms=100");
    return new StreamsApplication(
        admin,
        load,
        Topics.RAW_EVENTS,
        application,
        () -> {
          try {
            Files.write(file, settings);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          return Child.pgstitch("processor", directory, "processor", "--config", file.toString());
        });
  }

  private Samples events(String what) {
    return Samples.of(speeds.get(what).stream().map(Speed::eventsPerSecond).toList());
  }

  private void report(Run run) {
    Samples copies = events("copy");
    run.found(Figure.of("processor.copy", copies, "events/s"));
    run.found(
        Figure.of("processor.copy-records", events("copy-records"), "events/s")
            .comparedWith(events("copy-records").dividedBy(copies)));
    List<String> kinds = new ArrayList<>();
    BACKENDS.forEach(n -> kinds.add(n + "-backends"));
    kinds.add("at-least-once");
    for (String kind : kinds) {
      run.found(
          Figure.of("processor." + kind + ".rate", events(kind), "events/s")
              .comparedWith(events(kind).dividedBy(copies)));
      List<Double> bytes = speeds.get(kind).stream().map(Speed::megabytesPerSecond).toList();
      run.found(Figure.of("processor." + kind + ".bytes", Samples.of(bytes), "MB/s"));
    }
    Samples usual = events(USUAL + "-backends");
    for (String baseline : List.of("copy", "copy-records")) {
      run.found(
          Figure.of("processor.to-" + baseline, usual.dividedBy(events(baseline)), "times")
              .against(Target.atLeast(0.5)));
    }
    Samples moved = usual.times(1 + writtenPerByteRead);
    run.found(
        Figure.of(
                "processor.to-copy-records.bytes",
                moved.dividedBy(events("copy-records").times(2)),
                "times")
            .against(Target.atLeast(0.5)));
    run.found(Figure.of("processor.written-to-read", Samples.of(writtenPerByteRead), "B/B"));
    for (int backends : BACKENDS) {
      if (backends != USUAL) {
        run.found(
            Figure.of(
                    "processor." + backends + "-to-" + USUAL + "-backends",
                    events(backends + "-backends").dividedBy(usual),
                    "times")
                .against(Target.atLeast(0.8)));
      }
    }
  }
}
