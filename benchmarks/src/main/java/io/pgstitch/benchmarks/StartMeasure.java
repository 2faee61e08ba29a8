package io.pgstitch.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/** How long a user waits: for help, for the doctor, and until a collector sees something. */
final class StartMeasure implements Measure {
  private static final Target SECOND = Target.atMost(1);
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /** Seconds from a collector's start to its first event in Kafka and to its line. */
  private record Begun(double firstEvent, double ready) {}

  @Override
  public String name() {
    return "start";
  }

  @Override
  public String what() {
    return "from the start of --help and doctor to their end, of a collector to its first event in"
        + " Kafka";
  }

  @Override
  public void run(Run run) throws Exception {
    Database database = run.open(Database.start());
    Broker broker = run.open(Broker.start(run));
    List<Double> help = new ArrayList<>();
    List<Double> doctor = new ArrayList<>();
    List<Double> ready = new ArrayList<>();
    List<Double> first = new ArrayList<>();
    for (int round = 0; round <= run.effort().rounds(); round++) {
      run.say("start: round " + round + " of " + run.effort().rounds());
      double helped = toEnd(run, "--help");
      double examined = toEnd(run, "doctor");
      Begun begun = collector(run, broker, database);
      // The first one has files read from disk, and broker and consumer compiled.
      if (round > 0) {
        help.add(helped);
        doctor.add(examined);
        ready.add(begun.ready());
        first.add(begun.firstEvent());
      }
    }
    run.found(Figure.of("start.help", Samples.of(help), "s").against(SECOND));
    run.found(Figure.of("start.doctor", Samples.of(doctor), "s").against(SECOND));
    run.found(Figure.of("start.collector.ready", Samples.of(ready), "s"));
    run.found(Figure.of("start.collector.first-event", Samples.of(first), "s").against(SECOND));
  }

  /** With the launcher's look at the sources, as a user has it. */
  private static double toEnd(Run run, String command) throws InterruptedException {
    long start = System.nanoTime();
    try (Child child =
        Child.start(
            command.replace("-", ""),
            run.directory("commands"),
            Child.command(command),
            Map.of())) {
      String output = child.awaitEnd(LIMIT);
      double seconds = (System.nanoTime() - start) / 1e9;
      if (output.isBlank()) {
        throw new IllegalStateException("pgstitch " + command + " said nothing");
      }
      return seconds;
    }
  }

  private static Begun collector(Run run, Broker broker, Database database) throws Exception {
    Process pgbench =
        database
            .server()
            .client()
            .startPgbench("-n", "-S", "-c", "1", "-R", "500", "-T", "120", "postgres");
    try (KafkaConsumer<byte[], byte[]> events = broker.rawEventsFromNow(Duration.ofMillis(500))) {
      long start = System.nanoTime();
      try (Child collector = CollectorProcess.launch(run, broker, database, List.of())) {
        long deadline = start + LIMIT.toNanos();
        while (events.poll(Duration.ofMillis(20)).isEmpty()) {
          if (!collector.isAlive() || System.nanoTime() > deadline) {
            throw new IllegalStateException("no event was seen: " + collector.errors());
          }
        }
        double firstEvent = (System.nanoTime() - start) / 1e9;
        // Its line comes before or after, by what the first flush waits for.
        collector.awaitLine("ready ");
        double ready = (System.nanoTime() - start) / 1e9;
        collector.stop();
        return new Begun(firstEvent, ready);
      }
    } finally {
      pgbench.destroy();
      pgbench.waitFor(10, TimeUnit.SECONDS);
    }
  }
}
