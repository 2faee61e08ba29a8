package io.pgstitch.cli;

import io.pgstitch.cli.log.LogLevel;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code pgstitch test}: described here, done by the launcher, since it builds what this class is
 * part of.
 */
@Command(
    name = "test",
    sortOptions = false,
    description = {
      "Run every check, unit test and integration test of this source tree, for real: eBPF, PostgreSQL servers, Kafka.",
      "Needs root. Installs what is missing on Debian and Ubuntu after saying so."
    },
    exitCodeListHeading = "%nExit statuses:%n",
    exitCodeList = {
      "0:All passed",
      "1:Something failed",
      "3:Something is missing on this host and could not be installed"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  sudo ./pgstitch test",
      "  sudo ./pgstitch test -pl stream-processor -am     one module and what it needs"
    })
final class TestCommand implements Callable<Integer> {
  @Option(
      names = "--soak",
      description =
          "Also run what takes long: every test on all six PostgreSQL majors, and those that repeat"
              + " something until it would show.")
  private boolean soak;

  @Parameters(
      paramLabel = "MAVEN_ARGUMENT",
      description = "Handed to Maven as it is.",
      arity = "0..*")
  private List<String> mavenArguments = List.of();

  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    common.apply(LogLevel.WARN);
    throw CommandFailure.usage(
        "test is carried out by the launcher, not by the program (asked for: soak="
            + soak
            + " "
            + mavenArguments
            + ")",
        "Run ./pgstitch test from a source tree.");
  }
}
