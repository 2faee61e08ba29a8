package io.pgstitch.cli;

import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;
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

  /** Applies the option; without it pgstitch itself logs from {@code quiet} on. */
  void apply(Level quiet) {
    Configurator.setLevel("io.pgstitch", verbose ? Level.DEBUG : quiet);
    if (verbose) {
      Configurator.setRootLevel(Level.INFO);
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
