package io.pgstitch.cli;

import io.pgstitch.bpf.Detail;
import io.pgstitch.cli.log.LogLevel;
import io.pgstitch.collector.WaitMode;
import io.pgstitch.collector.survey.HostSurvey;
import io.pgstitch.testkit.PostgresInstallation;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pgstitch demo}: everything once, on a server of its own. */
@Command(
    name = "demo",
    sortOptions = false,
    description = {
      "Start a throwaway PostgreSQL, run a sample workload on it and trace it with the whole"
          + " pipeline in one process.",
      "Needs root. Touches no server of yours, and takes less than a minute once built.",
      "",
      "Prints the span tree and the trace records of one statement, and says where the files lie:"
          + " DIR/traces/*.trc",
      "(10046 trace files, one for each session) and DIR/spans.jsonl (OTLP JSON, one request a"
          + " line).",
      ""
    },
    exitCodeListHeading = "%nExit statuses:%n",
    exitCodeList = {
      "0:Traced and exported",
      "1:Failed, or something was lost",
      "2:Wrong usage",
      "3:Not root, no BTF, no PostgreSQL installed: the message says what to do"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  sudo ./pgstitch demo",
      "  sudo ./pgstitch demo --out /tmp/shop && less /tmp/shop/traces/*.trc"
    })
final class DemoCommand implements Callable<Integer> {
  private static final int TRACE_LINES = 30;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "pgstitch-out",
      description = "Where results and state go. Default: ${DEFAULT-VALUE}.")
  private Path out;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws Exception {
    common.apply(LogLevel.WARN);
    new Preflight(HostSurvey.take()).requireHost();
    PostgresInstallation installation = newestInstallation();
    System.err.println("demo: starting " + installation);
    try (ThrowawayPostgres server = ThrowawayPostgres.builder(installation).start()) {
      PipelineOptions options =
          new PipelineOptions(
              out,
              Optional.empty(),
              Optional.empty(),
              List.of(Math.toIntExact(server.postmasterPid())),
              8,
              WaitMode.SYSCALLS,
              Detail.PHASES,
              true,
              List.of(),
              false,
              Set.of());
      System.err.println("demo: starting Kafka, processor, exporter and collector");
      try (PipelineInOneProcess pipeline = PipelineInOneProcess.start(options)) {
        System.err.println("demo: running the sample workload");
        new SampleWorkload(server.jdbcUrl("postgres")).run();
        RunSummary summary = pipeline.drain();
        show(options, summary, System.out);
        return summary.isWhole() ? ExitStatus.OK : ExitStatus.FAILED;
      }
    }
  }

  private static PostgresInstallation newestInstallation() {
    return PostgresInstallations.all().stream()
        .max(Comparator.comparingInt(PostgresInstallation::major))
        .orElseThrow(
            () ->
                CommandFailure.environment(
                    "no PostgreSQL is installed on this host",
                    "Install one, on Debian and Ubuntu with: apt-get install postgresql"));
  }

  private static void show(PipelineOptions options, RunSummary summary, PrintStream to)
      throws IOException {
    to.println("A statement and where its time went:");
    to.println();
    List<ExportedSpan> trace =
        new SpanFile(options.spanFile()).traceOf(SampleWorkload.INTERESTING_STATEMENT);
    if (trace.isEmpty()) {
      throw CommandFailure.failed(
          options.spanFile() + " has no trace of '" + SampleWorkload.INTERESTING_STATEMENT + "'",
          "This is an error of pgstitch; run `pgstitch doctor` and report what it says.");
    }
    new SpanTree(trace).lines().forEach(line -> to.println("  " + line));
    TraceDirectory traces = new TraceDirectory(options.traceDirectory());
    Path file = traces.newestWith(SampleWorkload.INTERESTING_STATEMENT);
    to.println();
    to.println("The same in the session's trace file:");
    to.println();
    TraceDirectory.excerpt(file, SampleWorkload.INTERESTING_STATEMENT, TRACE_LINES)
        .forEach(line -> to.println("  " + line));
    to.println();
    summary.lines().forEach(to::println);
    to.println("traces: " + options.traceDirectory() + "/*.trc");
    to.println("spans:  " + options.spanFile());
  }
}
