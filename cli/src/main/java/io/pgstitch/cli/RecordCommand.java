package io.pgstitch.cli;

import io.pgstitch.processor.replay.Recorder;
import io.pgstitch.processor.replay.RecordingFile;
import io.pgstitch.processor.replay.ReplayException;
import io.pgstitch.processor.replay.TraceSelection;
import io.pgstitch.schema.SchemaRegistries;
import io.pgstitch.schema.SchemaRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pgstitch record}: raw events as a file. */
@Command(
    name = "record",
    sortOptions = false,
    description = {
      "Write raw events from Kafka to a file, which `pgstitch replay --file` stitches anywhere, without a server or Kafka:",
      "so a case can travel.",
      "",
      "Prints one line that begins with 'ready' once all that comes will be in it. Goes on until Ctrl-C or SIGTERM, for as long as",
      "--for says, or, with --to, until everything before that time is in it.",
      "",
      "The file is an Avro object container file of io.pgstitch.schema.RecordedBatch, compressed, readable by you alone: it",
      "holds texts of statements and, where the level has them, bind values.",
      ""
    },
    exitCodeListHeading = "%nExit statuses:%n",
    exitCodeList = {
      "0:Recorded",
      "1:Failed; what the file has is whole",
      "2:Wrong usage, or the file exists",
      "3:Kafka is not reachable, or no pipeline runs on this host: the message says what to do"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  sudo ./pgstitch record --out case.avro --for 60s                       all servers that the pipeline of this host traces",
      "  sudo ./pgstitch record --out case.avro --pid 4711                      one session, until Ctrl-C",
      "  ./pgstitch record --out case.avro --from -2h --to -1h --host db2 --kafka broker1:9092"
    })
final class RecordCommand implements Callable<Integer> {
  private static final Duration KAFKA_PATIENCE = Duration.ofSeconds(15);

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "The file; it must not exist.")
  private Path out;

  @Option(
      names = "--pid",
      paramLabel = "PID",
      description = "Only this backend and its parallel workers.")
  private Integer pid;

  @Option(names = "--host", paramLabel = "HOST", description = "Only the servers of this host.")
  private String host;

  @Option(
      names = "--from",
      paramLabel = "T",
      description = {
        "Begin with what Kafka retains since then: an instant (2026-03-01T09:00:00Z), a date-time of this host",
        "(2026-03-01T09:00), or a time before now (-15m, -1h30m). Default: now."
      })
  private String from;

  @Option(
      names = "--to",
      paramLabel = "T",
      description = "End with what is before this time, which has passed. Needs --from.")
  private String to;

  @Option(
      names = "--for",
      paramLabel = "LENGTH",
      description = "End after this length of time, e.g. 90s or 1h.")
  private String length;

  @Mixin private KafkaOptions kafka;

  @Override
  public Integer call() throws Exception {
    kafka.apply();
    SelectionOptions.requirePid(pid);
    TimeText times = new TimeText(Instant.now(), ZoneId.systemDefault());
    Optional<Instant> begin = Optional.ofNullable(from).map(text -> times.moment("--from", text));
    Optional<Instant> end = Optional.ofNullable(to).map(text -> times.moment("--to", text));
    requireSense(begin, end, times.now());
    Optional<Duration> limit =
        Optional.ofNullable(length).map(text -> TimeText.length("--for", text));
    ControlTarget target = kafka.target();
    TopicIdentity.ofRawEvents(target, KAFKA_PATIENCE);
    try (StopSignal stop = new StopSignal();
        SchemaRegistry registry = SchemaRegistries.from(target.registry());
        Recorder recorder = new Recorder(target.kafka(), registry, selection(), begin, end)) {
      return record(recorder, stop, limit);
    } catch (ReplayException e) {
      throw CommandFailure.failed(e.getMessage(), e.remedy());
    }
  }

  private int record(Recorder recorder, StopSignal stop, Optional<Duration> limit) {
    try (RecordingFile file = RecordingFile.create(out)) {
      System.out.println("ready recording to " + out);
      recorder.run(file, until(stop, limit));
      file.flush();
      System.out.println(
          "recorded: batches "
              + file.batches()
              + ", events "
              + file.events()
              + (recorder.undecodable() == 0
                  ? ""
                  : ", left out because they are no events of ours " + recorder.undecodable()));
    }
    return ExitStatus.OK;
  }

  private static BooleanSupplier until(StopSignal stop, Optional<Duration> limit) {
    if (limit.isEmpty()) {
      return stop::isAsked;
    }
    long end = System.nanoTime() + limit.get().toNanos();
    return () -> stop.isAsked() || System.nanoTime() - end >= 0;
  }

  private static void requireSense(Optional<Instant> begin, Optional<Instant> end, Instant now) {
    if (end.isPresent() && begin.isEmpty()) {
      throw CommandFailure.usage(
          "--to says where to end, and nothing where to begin", "Add --from.");
    }
    if (end.isPresent() && end.get().isAfter(now)) {
      throw CommandFailure.usage(
          "--to " + end.get() + " has not come yet", "Give --for LENGTH to record what comes.");
    }
    if (end.isPresent() && !begin.get().isBefore(end.get())) {
      throw CommandFailure.usage(
          "--from " + begin.get() + " is not before --to " + end.get(), "Exchange them.");
    }
  }

  private TraceSelection selection() {
    return new TraceSelection(
        OptionalLong.empty(),
        OptionalLong.empty(),
        Optional.ofNullable(host),
        pid == null ? OptionalInt.empty() : OptionalInt.of(pid),
        Optional.empty(),
        Optional.empty(),
        OptionalLong.empty(),
        OptionalLong.empty());
  }
}
