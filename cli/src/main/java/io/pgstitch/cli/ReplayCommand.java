package io.pgstitch.cli;

import io.pgstitch.processor.ProcessorSettings;
import io.pgstitch.processor.replay.FileSource;
import io.pgstitch.processor.replay.KafkaSource;
import io.pgstitch.processor.replay.RawSource;
import io.pgstitch.processor.replay.Replay;
import io.pgstitch.processor.replay.ReplayException;
import io.pgstitch.processor.replay.ReplaySummary;
import io.pgstitch.processor.replay.TraceSelection;
import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.stitch.StitchLimits;
import io.pgstitch.schema.SchemaRegistries;
import io.pgstitch.schema.SchemaRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pgstitch replay}: history again, from Kafka or from a recording. */
@Command(
    name = "replay",
    sortOptions = false,
    description = {
      "Stitch raw events again that Kafka retains, or that `pgstitch record` wrote to a file, and write the statements chosen",
      "to sinks: trace files, span files, an OTLP backend. The live pipeline is not touched, its consumer groups neither.",
      "",
      "A statement has the same trace id, spans and records as in the live pipeline. Replayed again into the same --out",
      "nothing changes; a replay that was interrupted goes on where it was. A statement whose beginning or end is not among",
      "the events that are read is marked as incomplete, as is one that began before them.",
      ""
    },
    exitCodeListHeading = "%nExit statuses:%n",
    exitCodeList = {
      "0:Replayed; or shown, with --dry-run",
      "1:Failed, a sink refused something, or the recording is cut",
      "2:Wrong usage, or --out holds something else",
      "3:Kafka is not reachable, or no pipeline runs on this host: the message says what to do"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./pgstitch replay --from -15m --slower-than 500 --dry-run            what was slow in the last quarter of an hour?",
      "  ./pgstitch replay --from -15m --slower-than 500 --sink otlp          the same to the OTLP backend of the environment",
      "  ./pgstitch replay --from 2026-03-01T09:00 --to 2026-03-01T09:30 --host db2 --sink file --out nine-o-clock",
      "  ./pgstitch replay --file case.avro --sink file --sink jsonl --out case"
    })
final class ReplayCommand implements Callable<Integer> {
  private static final Duration KAFKA_PATIENCE = Duration.ofSeconds(15);
  private static final String PART_SPANS = "trace.part.spans";
  private static final String IDLE_HOURS = "session.idle.expiry.hours";

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "Replay this recording instead of what Kafka retains.")
  private Path file;

  @Mixin private ReplayRange range;

  @Mixin private SelectionOptions selectionOptions;

  @Option(
      names = "--sink",
      paramLabel = "NAME",
      description = {
        "Where to: file (trace files, DIR/traces/*.trc), jsonl (DIR/spans.jsonl), otlp, or a sink of the exporter's properties",
        "file given by --config. May be repeated."
      })
  private List<String> sinks = List.of();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Directory for the files, of this replay alone.")
  private Path out;

  @Option(
      names = "--otlp-endpoint",
      paramLabel = "URL",
      description = "OTLP backend of sink otlp. OTEL_EXPORTER_OTLP_* settings apply.")
  private String otlpEndpoint;

  @Option(
      names = "--topic-prefix",
      paramLabel = "PREFIX",
      description = {
        "Write to Kafka topics PREFIXquery-traces and PREFIXtrace-records as well, which are made, compacted, where they are",
        "missing."
      })
  private String topicPrefix;

  @Option(names = "--dry-run", description = "Say what would be replayed, and write nothing.")
  private boolean dryRun;

  @Mixin private KafkaOptions kafka;

  @Override
  public Integer call() throws Exception {
    kafka.apply();
    ReplayRange.Range time = file == null ? range.ofKafka() : range.ofRecording();
    TraceSelection selection = selectionOptions.selection(time.from(), time.to());
    if (!dryRun && sinks.isEmpty() && topicPrefix == null) {
      throw CommandFailure.usage(
          "no sink is named",
          "Give --sink file, jsonl or otlp, or --topic-prefix; or --dry-run to see what there is.");
    }
    Properties properties = kafka.properties();
    ReplaySinks targets =
        new ReplaySinks(
            sinks, properties, Optional.ofNullable(out), Optional.ofNullable(otlpEndpoint));
    try (Source source = open(time, selection)) {
      source.raw().missing().ifPresent(System.err::println);
      StitchCounters counters = new StitchCounters();
      Replay replay =
          new Replay(
              source.raw(),
              selection,
              limits(properties),
              Duration.ofHours(number(properties, IDLE_HOURS)),
              counters);
      ReplayResult result = new ReplayResult(source.raw(), counters);
      if (dryRun) {
        return look(replay, result);
      }
      return new ReplayWriter(targets, Optional.ofNullable(out), topics())
          .write(replay, result, source.raw().id(), request(source, time, selection));
    } catch (ReplayException e) {
      throw CommandFailure.failed(e.getMessage(), e.remedy());
    }
  }

  /** Where the events come from, and what is to be closed after it. */
  private record Source(RawSource raw, Optional<SchemaRegistry> registry) implements AutoCloseable {
    @Override
    public void close() {
      raw.close();
      registry.ifPresent(SchemaRegistry::close);
    }
  }

  private Source open(ReplayRange.Range time, TraceSelection selection) throws Exception {
    if (file != null) {
      return new Source(new FileSource(file, selection), Optional.empty());
    }
    ControlTarget target = kafka.target();
    String id = TopicIdentity.ofRawEvents(target, KAFKA_PATIENCE);
    SchemaRegistry registry = SchemaRegistries.from(target.registry());
    try {
      RawSource source =
          new KafkaSource(target.kafka(), registry, id, time.readFrom(), time.readTo(), selection);
      return new Source(source, Optional.of(registry));
    } catch (RuntimeException e) {
      registry.close();
      throw e;
    }
  }

  /** Long traces are cut into parts as the live processor of that properties file does it. */
  private static StitchLimits limits(Properties properties) {
    StitchLimits standard = StitchLimits.DEFAULT;
    return new StitchLimits(
        number(properties, PART_SPANS),
        standard.openNested(),
        standard.suspended(),
        standard.cursorTexts());
  }

  private static int number(Properties properties, String key) {
    String text = properties.getProperty(key, ProcessorSettings.defaults().get(key)).strip();
    try {
      int number = Integer.parseInt(text);
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Named below.
    }
    throw CommandFailure.usage(key + " is '" + text + "'", "Give a whole number from 1 on.");
  }

  /** All that decides on the results. */
  private static String request(Source source, ReplayRange.Range time, TraceSelection selection) {
    return "source: "
        + source.raw().id()
        + "\n--from: "
        + text(time.from())
        + "\n--to: "
        + text(time.to())
        + "\nread from "
        + time.readFrom()
        + " to "
        + time.readTo()
        + "\nselection: "
        + selection
        + "\n";
  }

  private static String text(Optional<?> value) {
    return value.map(Object::toString).orElse("open");
  }

  private static int look(Replay replay, ReplayResult result) {
    ProgressReport progress = ProgressReport.onError();
    ReplaySummary summary = replay.survey(progress);
    progress.done();
    result.dryRun(summary).forEach(System.out::println);
    return result.isWhole() ? ExitStatus.OK : ExitStatus.FAILED;
  }

  private Optional<ReplayWriter.TopicTarget> topics() {
    return Optional.ofNullable(topicPrefix)
        .map(prefix -> new ReplayWriter.TopicTarget(kafka.target(), prefix));
  }
}
