package io.pgstitch.cli;

import io.pgstitch.bpf.Detail;
import io.pgstitch.cli.log.LogLevel;
import io.pgstitch.collector.BackgroundKind;
import io.pgstitch.collector.CollectorStatus;
import io.pgstitch.collector.TraceLevel;
import io.pgstitch.collector.WaitMode;
import io.pgstitch.collector.survey.HostSurvey;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code pgstitch up}: the whole pipeline for the servers of this host, until it is asked to stop.
 */
@Command(
    name = "up",
    sortOptions = false,
    description = {
      "Trace the PostgreSQL servers that run on this host until Ctrl-C or SIGTERM. Needs root.",
      "",
      "Prints one line that begins with 'ready' once every probe is attached. When it is stopped it"
          + " delivers what is",
      "still on its way and prints what it saw, exported and lost. Results: DIR/traces/*.trc (10046"
          + " trace files, one for each",
      "session) and DIR/spans.jsonl (OTLP JSON, one request a line). Started again with the same"
          + " DIR it continues there.",
      "",
      "A Kafka cluster given by --kafka may serve many hosts: each run exports what its own host"
          + " collects.",
      ""
    },
    exitCodeListHeading = "%nExit statuses:%n",
    exitCodeList = {
      "0:Stopped; everything that was seen has been exported",
      "1:Failed, or something was lost",
      "2:Wrong usage",
      "3:Not root, no BTF, no server found, Kafka not reachable: the message says what to do"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  sudo ./pgstitch up                                           all servers, results in"
          + " ./pgstitch-out",
      "  sudo ./pgstitch up --pid 4711 --functions                    one server, with the"
          + " functions inside each statement",
      "  sudo ./pgstitch up --otlp-endpoint http://localhost:4317     spans to Tempo, Jaeger or any"
          + " OTLP backend as well",
      "  sudo ./pgstitch up --kafka broker1:9092,broker2:9092         through an existing Kafka"
          + " cluster"
    })
final class UpCommand implements Callable<Integer> {
  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "pgstitch-out",
      description = "Where results and state go. Default: ${DEFAULT-VALUE}.")
  private Path out;

  @Option(
      names = "--otlp-endpoint",
      paramLabel = "URL",
      description =
          "Send the spans to this OTLP backend as well. OTEL_EXPORTER_OTLP_* settings apply.")
  private String otlpEndpoint;

  @Option(
      names = "--pid",
      paramLabel = "PID",
      description =
          "Trace only this server (pid of its postmaster) or this backend. May be repeated.")
  private List<Integer> pids = List.of();

  @Option(
      names = "--kafka",
      paramLabel = "BOOTSTRAP",
      description =
          "Use this Kafka cluster (HOST:PORT,...) instead of an embedded one in DIR/kafka.")
  private String kafka;

  @Option(
      names = "--level",
      paramLabel = "N",
      defaultValue = "8",
      description =
          "What to trace: 1 statements and their calls, +4 binds, +8 waits, +16 plan statistics."
              + " Default: ${DEFAULT-VALUE}.")
  private int level;

  @Option(
      names = "--waits",
      paramLabel = "MODE",
      defaultValue = "syscalls",
      description =
          "How waits are measured: syscalls, or watchpoint, which is exact also for waits that"
              + " reach no system call and costs several microseconds each. A virtual machine"
              + " refuses watchpoint: it may crash the server there; watchpoint-in-vm accepts that."
              + " Default: ${DEFAULT-VALUE}.")
  private String waits;

  @Option(
      names = "--detail",
      paramLabel = "DETAIL",
      defaultValue = "statements",
      description =
          "What levels 4, 8 and 12 see of each statement beside waits and binds: statements, whose"
              + " calls are those of level 1; calls, which delimits them exactly; or phases, with"
              + " analysis, planning, Bind, and the executor's start, finish and end besides. calls"
              + " costs the server nearly twice as much, phases two and a half times. A level of a"
              + " session's own (SET pgstitch.level, 'pgstitch session'), level 16 and --functions"
              + " bring all. Default: ${DEFAULT-VALUE}.")
  private String detail;

  @Option(
      names = "--functions",
      description =
          "Trace the functions of the catalogue inside each statement too; costs more on the"
              + " server.")
  private boolean functions;

  @Option(
      names = "--function",
      paramLabel = "NAME",
      description =
          "Trace this function of the server inside each statement, a static one too where its"
              + " symbols are installed. May be repeated. One that is not there is reported.")
  private List<String> addedFunctions = List.of();

  @Option(
      names = "--mask-literals",
      description =
          "Send no data of statements: literals in their texts become ?, bind values and messages of"
              + " errors are left out.")
  private boolean maskLiterals;

  @Option(
      names = "--background",
      paramLabel = "KINDS",
      defaultValue = BackgroundKind.NONE,
      description =
          "Trace processes without a client too: autovacuum, logical-replication, other (background"
              + " workers of extensions), separated by commas, or all. Default: ${DEFAULT-VALUE}.")
  private String background;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws Exception {
    common.apply(LogLevel.INFO);
    if (!TraceLevel.isValid(level)) {
      throw CommandFailure.usage(
          "--level " + level + " does not exist", "Levels: " + TraceLevel.EXPLANATION + ".");
    }
    WaitMode mode =
        WaitMode.of(waits)
            .orElseThrow(
                () ->
                    CommandFailure.usage(
                        "--waits " + waits + " does not exist", "Modes: " + WaitMode.all() + "."));
    Detail seen =
        Detail.of(detail)
            .orElseThrow(
                () ->
                    CommandFailure.usage(
                        "--detail " + detail + " does not exist",
                        "Details: " + Detail.all() + "."));
    PipelineOptions options =
        new PipelineOptions(
            out,
            Optional.ofNullable(kafka),
            Optional.ofNullable(otlpEndpoint),
            pids,
            level,
            mode,
            seen,
            functions,
            addedFunctions,
            maskLiterals,
            backgroundKinds());
    Preflight preflight = new Preflight(HostSurvey.beforeLoading());
    preflight.requireHost();
    preflight.requireServer();
    Set<Integer> wanted = preflight.requireServerOf(pids);
    try (StopSignal stop = new StopSignal();
        PipelineInOneProcess pipeline = PipelineInOneProcess.start(options);
        RunDirectory.Registration run = RunDirectory.ofThisUser().register(pipeline.run())) {
      missingLines(pipeline.status(), wanted, addedFunctions).forEach(System.out::println);
      System.out.println(readyLine(pipeline.status(), wanted, level));
      stop.awaitWhileWorking(pipeline::failure);
      run.close();
      System.err.println("stopping: delivering what is on its way");
      return report(pipeline.drain(), options, System.out);
    }
  }

  private Set<BackgroundKind> backgroundKinds() throws CommandFailure {
    try {
      return BackgroundKind.listed(background);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage("--background: " + e.getMessage(), "See pgstitch up --help.");
    }
  }

  /**
   * The line that scripts wait for.
   *
   * @param wanted postmasters to count, none for all
   */
  static String readyLine(CollectorStatus status, Set<Integer> wanted, int level) {
    List<CollectorStatus.Server> servers =
        status.servers().stream()
            .filter(server -> server.traced())
            .filter(server -> wanted.isEmpty() || wanted.contains(server.pid()))
            .toList();
    return "ready servers="
        + servers.size()
        + " backends="
        + servers.stream().mapToInt(CollectorStatus.Server::clients).sum()
        + " level="
        + level
        + functionCount(servers);
  }

  /** Functions of the detailed tier, of the server with the fewest; nothing when it is off. */
  private static String functionCount(List<CollectorStatus.Server> servers) {
    int most = servers.stream().mapToInt(CollectorStatus.Server::functions).max().orElse(0);
    int fewest = servers.stream().mapToInt(CollectorStatus.Server::functions).min().orElse(0);
    return most > 0 ? " functions=" + fewest : "";
  }

  /** A line for each function that the user named and that a wanted server does not have. */
  static List<String> missingLines(
      CollectorStatus status, Set<Integer> wanted, List<String> addedFunctions) {
    return status.servers().stream()
        .filter(server -> wanted.isEmpty() || wanted.contains(server.pid()))
        .flatMap(
            server ->
                server.missingFunctions().stream()
                    .filter(missing -> addedFunctions.contains(missing.symbol()))
                    .map(
                        missing ->
                            "function "
                                + missing.symbol()
                                + " is not traced on port "
                                + server.port()
                                + ": "
                                + missing.reason()))
        .toList();
  }

  private static int report(RunSummary summary, PipelineOptions options, PrintStream to) {
    summary.lines().forEach(to::println);
    to.println("traces: " + options.traceDirectory() + "/*.trc");
    to.println("spans:  " + options.spanFile());
    return summary.isWhole() ? ExitStatus.OK : ExitStatus.FAILED;
  }
}
