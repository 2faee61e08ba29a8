package io.pgstitch.cli;

import io.pgstitch.exporter.DirectExporter;
import io.pgstitch.processor.replay.Replay;
import io.pgstitch.processor.replay.ReplayOutput;
import io.pgstitch.processor.replay.ReplaySummary;
import io.pgstitch.processor.replay.TopicOutput;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.SchemaRegistries;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.TraceRecords;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Runs a replay into sinks and topics, and says what came of it. */
final class ReplayWriter {
  private final ReplaySinks sinks;
  private final Optional<ReplayDirectory> directory;
  private final Optional<TopicTarget> topics;

  /**
   * Topics to write to.
   *
   * @param kafka their cluster
   * @param prefix what their names begin with
   */
  record TopicTarget(ControlTarget kafka, String prefix) {}

  ReplayWriter(ReplaySinks sinks, Optional<Path> out, Optional<TopicTarget> topics) {
    this.sinks = sinks;
    this.directory = out.map(ReplayDirectory::new);
    this.topics = topics;
  }

  /**
   * Writes.
   *
   * @param source id of the source
   * @param request all that decides on the results
   * @return the exit status
   */
  int write(Replay replay, ReplayResult result, String source, String request) {
    if (sinks.writeFiles()) {
      directory.orElseThrow().claim(request);
    }
    Map<String, Long> delivered = new TreeMap<>();
    ReplaySummary summary;
    try (DirectExporter exporter = sinks.open()) {
      SinkOutput output = new SinkOutput(exporter, source);
      summary =
          topics.isPresent()
              ? withTopics(topics.get(), replay, output, delivered)
              : run(replay, output);
      exporter.flush();
      delivered.putAll(exporter.counters());
    } catch (IllegalStateException e) {
      throw CommandFailure.failed(
          e.getMessage(),
          "Mend it and run the same again: what was delivered is known and not written twice.");
    }
    result.replayed(summary, delivered).forEach(System.out::println);
    if (sinks.has("file")) {
      System.out.println("traces: " + path("traces") + "/*.trc");
    }
    if (sinks.has("jsonl")) {
      System.out.println("spans:  " + path("spans.jsonl"));
    }
    boolean whole = result.isWhole() && ReplayResult.isDelivered(delivered);
    return whole ? ExitStatus.OK : ExitStatus.FAILED;
  }

  private Path path(String name) {
    return directory.orElseThrow().path().resolve(name);
  }

  private static ReplaySummary run(Replay replay, ReplayOutput output) {
    ProgressReport progress = ProgressReport.onError();
    try {
      return replay.run(output, progress);
    } finally {
      progress.done();
    }
  }

  private static ReplaySummary withTopics(
      TopicTarget target, Replay replay, ReplayOutput sinks, Map<String, Long> delivered) {
    try (SchemaRegistry registry = SchemaRegistries.from(target.kafka().registry());
        TopicOutput topics = new TopicOutput(target.kafka().kafka(), registry, target.prefix())) {
      ReplaySummary summary = run(replay, new Both(topics, sinks));
      delivered.put("topics.delivered", topics.flush());
      return summary;
    }
  }

  /** Two outputs. */
  private record Both(ReplayOutput first, ReplayOutput second) implements ReplayOutput {
    @Override
    public void trace(String key, Place place, QueryTrace trace) {
      first.trace(key, place, trace);
      second.trace(key, place, trace);
    }

    @Override
    public void records(String key, Place place, TraceRecords records) {
      first.records(key, place, records);
      second.records(key, place, records);
    }
  }
}
