package io.pgstitch.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pgstitch top}. */
@Command(
    name = "top",
    sortOptions = false,
    description = {
      "Show the statements that run now on all traced servers that share a Kafka cluster, refreshed every second until Ctrl-C.",
      "A statement is shown once it has run for about a second, and goes when it ends.",
      "",
      "AGE      since when it runs; with > it was running when tracing began or resumed, and is older than that",
      "CALL     the running call: PARSE, EXEC, FETCH or CLOSE",
      "WAIT     what its backend waits for, and FOR how long, when that lasts for more than a second; - when it computes or",
      "         its waits are shorter, ? when its level has no waits, `silent for` when nothing was heard of it for minutes:",
      "         its collector or its host may be down, and the rest of the line is what was known last",
      "HELD BY  pids of those who held the lock when the wait began; 0 is a prepared transaction",
      "",
      "Times are the difference between this host's clock and that of the statement's host.",
      ""
    },
    exitCodeListHeading = "%nExit statuses:%n",
    exitCodeList = {
      "0:Shown",
      "2:Wrong usage, or several pipelines run on this host: choose one with --kafka",
      "3:No pipeline runs on this host, or its Kafka cannot be read: the message says what to do"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  sudo ./pgstitch top                                                   the fleet of the pipeline on this host",
      "  ./pgstitch top --kafka broker1:9092 --sort wait --limit 20            who waits for longest",
      "  ./pgstitch top --kafka broker1:9092 --database shop --min-age 60      what runs for over a minute in one database",
      "  sudo ./pgstitch top --once --json | jq '.queries[] | select(.wait.class == \"Lock\")'"
    })
final class TopCommand implements Callable<Integer> {
  private static final Duration REFRESH = Duration.ofSeconds(1);

  @Option(
      names = "--sort",
      paramLabel = "age|wait",
      defaultValue = "age",
      description =
          "What comes first: what runs, or waits, for longest. Default: ${DEFAULT-VALUE}.")
  private String sort;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Show N statements at most. Default: ${DEFAULT-VALUE}.")
  private int limit;

  @Option(
      names = "--host",
      paramLabel = "HOST",
      description = "Of this host only, as its collector calls it.")
  private String host;

  @Option(names = "--database", paramLabel = "NAME", description = "In this database only.")
  private String database;

  @Option(names = "--role", paramLabel = "NAME", description = "Of sessions of this role only.")
  private String role;

  @Option(
      names = "--min-age",
      paramLabel = "SECONDS",
      defaultValue = "0",
      description = "Only what runs for so long.")
  private double minAge;

  @Option(names = "--once", description = "Show what runs now and end.")
  private boolean once;

  @Option(names = "--json", description = "With --once: as one JSON object.")
  private boolean json;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "How long Kafka may take to answer. Default: ${DEFAULT-VALUE}.")
  private int seconds;

  @Mixin private KafkaOptions kafka;

  @Override
  public Integer call() throws Exception {
    kafka.apply();
    TopSelection selection = selection();
    ControlTarget target = kafka.target();
    try (OpenQueryReader reader = OpenQueryReader.open(target, Duration.ofSeconds(seconds))) {
      if (once) {
        print(selection.of(reader.queries(), now()));
      } else {
        watch(reader, selection);
      }
    }
    return ExitStatus.OK;
  }

  private TopSelection selection() {
    if (!sort.equals("age") && !sort.equals("wait")) {
      throw CommandFailure.usage("--sort " + sort + " does not exist", "Sort by age or wait.");
    }
    if (limit < 1) {
      throw CommandFailure.usage("--limit is " + limit, "Give a number above 0.");
    }
    if (!(minAge >= 0 && minAge < 1e9)) {
      throw CommandFailure.usage("--min-age is " + minAge, "Give seconds, 0 or more.");
    }
    if (json && !once) {
      throw CommandFailure.usage("--json needs --once", "Add --once, and repeat it as you like.");
    }
    if (!once && System.console() == null) {
      throw CommandFailure.usage(
          "the output is no terminal", "Add --once, and repeat it as you like.");
    }
    if (seconds < 1 || seconds > 3600) {
      throw CommandFailure.usage(
          "--timeout is " + seconds, "Give a number of seconds between 1 and 3600.");
    }
    return new TopSelection(
        Optional.ofNullable(host),
        Optional.ofNullable(database),
        Optional.ofNullable(role),
        Duration.ofNanos((long) (minAge * 1e9)),
        sort.equals("age") ? TopSelection.Sort.AGE : TopSelection.Sort.WAIT,
        limit);
  }

  private void print(List<OpenQueryRow> rows) throws JsonProcessingException {
    if (json) {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("at", Instant.now().toString());
      all.put("queries", rows.stream().map(OpenQueryRow::object).toList());
      System.out.println(
          new ObjectMapper()
              .writerWithDefaultPrettyPrinter()
              .with(JsonGenerator.Feature.ESCAPE_NON_ASCII)
              .writeValueAsString(all));
    } else {
      int width = Terminal.Size.now().columns();
      new TopTable(rows).lines(width).forEach(System.out::println);
    }
  }

  private static void watch(OpenQueryReader reader, TopSelection selection) throws Exception {
    try (StopSignal stop = new StopSignal();
        Terminal terminal = new Terminal(System.out)) {
      do {
        reader.take(Duration.ZERO);
        Terminal.Size size = Terminal.Size.now();
        List<OpenQueryRow> rows = selection.of(reader.queries(), now());
        List<String> lines = new ArrayList<>();
        lines.add(heading(rows));
        lines.add("");
        lines.addAll(new TopTable(rows).lines(size.columns()));
        terminal.show(lines, size);
      } while (!stop.askedWithin(REFRESH));
    }
  }

  private static String heading(List<OpenQueryRow> rows) {
    return "pgstitch top  %s  %d running, %d of them waiting, %d silent"
        .formatted(
            Instant.now().truncatedTo(ChronoUnit.SECONDS),
            rows.size(),
            rows.stream().filter(OpenQueryRow::waits).count(),
            rows.stream().filter(OpenQueryRow::isSilent).count());
  }

  private static long now() {
    return ChronoUnit.NANOS.between(Instant.EPOCH, Instant.now());
  }
}
