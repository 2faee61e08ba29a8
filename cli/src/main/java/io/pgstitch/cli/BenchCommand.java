package io.pgstitch.cli;

import io.pgstitch.benchmarks.Benchmarks;
import io.pgstitch.benchmarks.FigureReport;
import io.pgstitch.benchmarks.UnusableHostException;
import io.pgstitch.cli.log.LogLevel;
import io.pgstitch.collector.survey.HostSurvey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pgstitch bench}: what it costs. */
@Command(
    name = "bench",
    sortOptions = false,
    description = {
      "Measure on this machine what tracing costs, against what else one would use, and print a"
          + " table.",
      "Needs root. Starts servers, brokers and collectors of its own and touches none of yours;"
          + " nothing stays behind.",
      "Ctrl-C ends it with a table of what was measured until then.",
      "",
      "Each comparison is made in interleaved pairs. The value is the median, the spread half the"
          + " distance between the",
      "quartiles, n the samples, the ratio that to the baseline. What is too noisy has no value and"
          + " says so; a target",
      "within the spread is neither met nor missed. docs/performance.md explains each figure. Leave"
          + " the machine alone while it runs.",
      ""
    },
    exitCodeListHeading = "%nExit statuses:%n",
    exitCodeList = {
      "0:All was measured, whatever it says about targets",
      "1:A measure did not come to its end; the others are in the table",
      "2:Wrong usage",
      "3:Not root, no BTF, no PostgreSQL installed: the message says what to do"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  sudo ./pgstitch bench --quick                          everything, in less than"
          + " ten minutes",
      "  sudo ./pgstitch bench --only server,collector          two measures with all repetitions",
      "  sudo ./pgstitch bench --quick --markdown table.md      the table for a document as well"
    })
final class BenchCommand implements Callable<Integer> {
  @Option(
      names = "--quick",
      description =
          "Repeat less, and leave level-12-calls out: all of it takes less than ten minutes.")
  private boolean quick;

  @Option(
      names = "--only",
      paramLabel = "NAME",
      split = ",",
      arity = "1..*",
      description = "Measure only these; --list names them.")
  private List<String> only = List.of();

  @Option(names = "--list", description = "Name what can be measured, and measure nothing.")
  private boolean list;

  @Option(
      names = "--json",
      description = "Print a list of objects with name, value, unit, spread, target and met.")
  private boolean json;

  @Option(
      names = "--markdown",
      paramLabel = "FILE",
      description = "Write the table to this file, too, as Markdown with machine and date.")
  private Path markdown;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    common.apply(LogLevel.WARN);
    if (list) {
      Benchmarks.measures().forEach((name, what) -> System.out.printf("%-12s %s%n", name, what));
      return ExitStatus.OK;
    }
    Benchmarks benchmarks = new Benchmarks(quick, System.err);
    benchmarks.requireKnown(only);
    new Preflight(HostSurvey.take()).requireHost();
    try (CleanEnd end = new CleanEnd()) {
      Benchmarks.Outcome outcome = measured(benchmarks);
      boolean cutShort = end.settle();
      return write(outcome) && !cutShort ? ExitStatus.OK : ExitStatus.FAILED;
    }
  }

  /** Writes what came of it; whether all of it came to its end. */
  private boolean write(Benchmarks.Outcome outcome) throws IOException {
    FigureReport report = new FigureReport(outcome.figures());
    if (json) {
      System.out.println(report.json());
    } else {
      report.table().forEach(System.out::println);
    }
    if (markdown != null) {
      Files.write(markdown, report.markdown(quick));
    }
    outcome
        .failures()
        .forEach((name, why) -> System.err.println("pgstitch: " + name + " failed: " + why));
    return outcome.failures().isEmpty();
  }

  private Benchmarks.Outcome measured(Benchmarks benchmarks) {
    try {
      return benchmarks.run(only);
    } catch (UnusableHostException e) {
      throw CommandFailure.environment(e.getMessage(), e.remedy(), e);
    }
  }
}
