package io.pgstitch.cli;

import io.pgstitch.cli.log.Log;
import io.pgstitch.cli.log.LogLevel;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/** The options that every command has. */
final class CommonOptions {
  private static final String LONG_NAME = "--verbose";

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  private boolean help;

  @Option(
      names = {"-v", LONG_NAME},
      description = "Log in detail to standard error and show where an error happened.")
  private boolean verbose;

  /** For the parser, which fills it in. */
  CommonOptions() {}

  /** As they were given without the parser's help. */
  CommonOptions(boolean verbose) {
    this.verbose = verbose;
  }

  /** Applies the option; without it pgstitch itself logs from {@code quiet} on. */
  void apply(LogLevel quiet) {
    Log.setLevel("io.pgstitch", verbose ? LogLevel.DEBUG : quiet);
    if (verbose) {
      Log.setRootLevel(LogLevel.INFO);
    }
  }

  /** Whether the innermost command that was given has the option. */
  static boolean isVerbose(ParseResult parsed) {
    ParseResult innermost = parsed;
    while (innermost.hasSubcommand()) {
      innermost = innermost.subcommand();
    }
    return innermost.hasMatchedOption(LONG_NAME);
  }
}
