package io.pgstitch.benchmarks;

import io.pgstitch.exporter.DirectExporter;
import io.pgstitch.exporter.SinkInstance;
import io.pgstitch.exporter.sink.Partition;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.TraceRecords;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The exporters alone, with what the stitcher makes of recorded events. */
final class ExportersMeasure implements Measure {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Override
  public String name() {
    return "exporters";
  }

  @Override
  public String what() {
    return "spans a second into an OTLP receiver on this host, MB/s of trace files and of spans as"
        + " JSON lines";
  }

  @Override
  public void run(Run run) throws Exception {
    Stitched stitched = Stitched.of(RecordedEvents.read("pg15-level12"));
    int repetitions = 400 / run.effort().scale();
    Path directory = run.directory("receiver");
    Child receiver = run.open(Child.java("receiver", directory, SpanCounterMain.class));
    String endpoint = receiver.awaitLine("ready ").substring("ready ".length()).strip();
    List<Double> otlp = new ArrayList<>();
    List<Double> file = new ArrayList<>();
    List<Double> jsonl = new ArrayList<>();
    long sent = 0;
    // The first round only warms up.
    for (int round = 0; round <= run.effort().rounds(); round++) {
      run.say("exporters: round " + round + " of " + run.effort().rounds());
      long spans = stitched.spans() * repetitions;
      double seconds = otlp(endpoint, stitched, repetitions);
      sent += spans;
      requireReceived(receiver, sent);
      double fileRate = files(run, "file", round, stitched, repetitions);
      double lineRate = files(run, "jsonl", round, stitched, repetitions);
      if (round > 0) {
        otlp.add(spans / seconds);
        file.add(fileRate);
        jsonl.add(lineRate);
      }
    }
    run.found(Figure.of("exporters.otlp", Samples.of(otlp), "spans/s"));
    run.found(Figure.of("exporters.file", Samples.of(file), "MB/s"));
    run.found(Figure.of("exporters.jsonl", Samples.of(jsonl), "MB/s"));
  }

  private static double otlp(String endpoint, Stitched stitched, int repetitions) {
    return deliver(
        new SinkInstance("otlp", "otlp", Map.of("endpoint", endpoint)), stitched, repetitions);
  }

  /** MB/s into files of a new directory. */
  private static double files(Run run, String type, int round, Stitched stitched, int repetitions) {
    Path directory = run.directory(type + "-" + round);
    double seconds =
        deliver(
            new SinkInstance(type, type, Map.of("directory", directory.toString())),
            stitched,
            repetitions);
    return size(directory) / 1e6 / seconds;
  }

  private static double deliver(SinkInstance sink, Stitched stitched, int repetitions) {
    try (DirectExporter exporter = new DirectExporter(List.of(sink), Map.of(), PATIENCE)) {
      Partition traces = new Partition("traces", "bench", 0);
      Partition records = new Partition("records", "bench", 0);
      long start = System.nanoTime();
      long offset = 0;
      for (int i = 0; i < repetitions; i++) {
        for (QueryTrace trace : stitched.traces()) {
          exporter.trace(traces, offset++, trace);
        }
        for (TraceRecords lines : stitched.records()) {
          exporter.records(records, offset++, lines);
        }
      }
      exporter.flush();
      double seconds = (System.nanoTime() - start) / 1e9;
      if (exporter.rejected() > 0) {
        throw new IllegalStateException(exporter.rejected() + " records were rejected");
      }
      return seconds;
    }
  }

  /** The receiver says what it has whenever it has more. */
  private static void requireReceived(Child receiver, long spans) throws InterruptedException {
    receiver.awaitLine("spans " + spans + " ");
  }

  private static long size(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      long bytes = 0;
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
