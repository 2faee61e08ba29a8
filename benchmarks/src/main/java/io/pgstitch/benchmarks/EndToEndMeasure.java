package io.pgstitch.benchmarks;

import io.pgstitch.schema.Topics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The whole pipeline on one machine beside the database: {@code pgstitch up} at level 1. */
final class EndToEndMeasure implements Measure {
  private static final Pattern PROCESSED =
      Pattern.compile("number of transactions actually processed: (\\d+)");
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int CLIENTS = 8;

  /** Broker, collector, processor and three sinks are one process here, and compile in turn. */
  private static final int PROCESSES = 6;

  private static final List<Integer> RATES = List.of(1_000, 5_000);

  @Override
  public String name() {
    return "end-to-end";
  }

  @Override
  public String what() {
    return "from a statement's end to its span at a receiver, what the pipeline sustains, bytes for"
        + " a statement";
  }

  @Override
  public void run(Run run) throws Exception {
    Database database = run.open(Database.start());
    Arrivals arrivals = new Arrivals();
    SpanReceiver receiver = run.open(SpanReceiver.start(arrivals));
    Path directory = run.directory("up");
    Child up =
        run.open(
            Child.pgstitch(
                "up",
                directory,
                "up",
                "--out",
                directory.resolve("out").toString(),
                "--pid",
                String.valueOf(database.pid()),
                "--level",
                "1",
                "--otlp-endpoint",
                receiver.endpoint()));
    up.awaitLine("ready ");
    Pipeline pipeline = new Pipeline(database, arrivals, directory.resolve("out"));
    run.say("end-to-end: warming up");
    // No faster than it sustains: what waits behind it would only be waited for.
    pipeline.ended(
        pipeline.start(
            "-T",
            String.valueOf(PROCESSES * run.effort().settleSeconds()),
            "-R",
            String.valueOf(Collections.max(RATES))));
    Map<Integer, List<Double>> p50 = new LinkedHashMap<>();
    Map<Integer, List<Double>> p99 = new LinkedHashMap<>();
    Map<Integer, List<Double>> reached = new LinkedHashMap<>();
    List<Double> sustained = new ArrayList<>();
    for (int round = 1; round <= run.effort().rounds(); round++) {
      run.say("end-to-end: round " + round + " of " + run.effort().rounds());
      for (int rate : RATES) {
        int first = arrivals.count();
        long statements =
            pipeline.ended(
                pipeline.start("-R", String.valueOf(rate), "-T", String.valueOf(seconds(run))));
        add(reached, rate, (double) statements / seconds(run));
        Samples latencies = new Samples(arrivals.millisFrom(first));
        add(p50, rate, latencies.quantile(0.5));
        add(p99, rate, latencies.quantile(0.99));
      }
      sustained.add(pipeline.sustained(40_000 / run.effort().scale()));
    }
    for (int rate : RATES) {
      String name = "end-to-end." + rate + "-a-second";
      String note = note(rate, Samples.of(reached.get(rate)).median());
      run.found(Figure.of(name + ".p50", Samples.of(p50.get(rate)), "ms").noting(note));
      run.found(
          Figure.of(name + ".p99", Samples.of(p99.get(rate)), "ms")
              .against(Target.atMost(1_000))
              .noting(note));
    }
    run.found(Figure.of("end-to-end.sustained", Samples.of(sustained), "statements/s"));
    pipeline.bytes(run);
    up.stop();
    if (up.exitStatus() != 0) {
      throw new IllegalStateException("up lost something: " + up.output());
    }
  }

  private static long seconds(Run run) {
    return Math.max(2, (run.effort().windowMillis() + run.effort().warmUpMillis()) / 1000);
  }

  private static void add(Map<Integer, List<Double>> to, int rate, double value) {
    to.computeIfAbsent(rate, r -> new ArrayList<>()).add(value);
  }

  private static String note(int rate, double reached) {
    return reached < 0.8 * rate
        ? String.format(Locale.ROOT, "only %.0f statements/s were run", reached)
        : "";
  }

  /** Drives the database and waits for what comes out at the other end. */
  private static final class Pipeline {
    private final Database database;
    private final Arrivals arrivals;
    private final Path out;
    private final long rawBefore;
    private long statements;
    private long sinceStatements;
    private long rawSince;
    private long filesSince;
    private long otlpSince;

    Pipeline(Database database, Arrivals arrivals, Path out) throws IOException {
      this.database = database;
      this.arrivals = arrivals;
      this.out = out;
      this.rawBefore = raw();
    }

    private long raw() throws IOException {
      return DirectorySize.of(
          out.resolve("kafka"),
          file ->
              file.getParent().getFileName().toString().startsWith(Topics.RAW_EVENTS + "-")
                  && file.toString().endsWith(".log"));
    }

    private long files() throws IOException {
      return DirectorySize.of(out.resolve("traces"), file -> file.toString().endsWith(".trc"));
    }

    Process start(String... more) {
      List<String> arguments = new ArrayList<>(List.of("-n", "-S", "-c", String.valueOf(CLIENTS)));
      arguments.addAll(List.of(more));
      arguments.add("postgres");
      return database.server().client().startPgbench(arguments.toArray(String[]::new));
    }

    /** Waits until all spans of a run are there, and returns its statements. */
    long ended(Process pgbench) throws IOException, InterruptedException {
      String output = new String(pgbench.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      Matcher processed = PROCESSED.matcher(output);
      if (pgbench.waitFor() != 0 || !processed.find()) {
        throw new IllegalStateException("pgbench failed: " + output);
      }
      long ran = Long.parseLong(processed.group(1));
      statements += ran;
      arrivals.await(statements, LIMIT);
      return ran;
    }

    /** Statements a second from the first one's start to the last one's span. */
    double sustained(int transactions) throws IOException, InterruptedException {
      long rawAt = raw();
      long filesAt = files();
      long otlpAt = arrivals.bytes();
      long began = System.nanoTime();
      long ran = ended(start("-t", String.valueOf(transactions / CLIENTS)));
      double rate = ran * 1e9 / (arrivals.lastNanos() - began);
      sinceStatements += ran;
      rawSince += raw() - rawAt;
      otlpSince += arrivals.bytes() - otlpAt;
      filesSince += files() - filesAt;
      return rate;
    }

    /** Of the runs at full speed, and in Kafka of all. */
    void bytes(Run run) throws IOException {
      run.found(
          Figure.of(
                  "end-to-end.bytes.kafka",
                  Samples.of((double) rawSince / sinceStatements),
                  "B/statement")
              .against(Target.atMost(200)));
      run.found(
          Figure.of(
                  "end-to-end.bytes.kafka.all-rates",
                  Samples.of((double) (raw() - rawBefore) / statements),
                  "B/statement")
              .against(Target.atMost(200)));
      run.found(
          Figure.of(
              "end-to-end.bytes.otlp",
              Samples.of((double) otlpSince / sinceStatements),
              "B/statement"));
      run.found(
          Figure.of(
              "end-to-end.bytes.trace-file",
              Samples.of((double) filesSince / sinceStatements),
              "B/statement"));
    }
  }
}
