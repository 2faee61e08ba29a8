package io.pgstitch.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;

/**
 * {@code collector --config FILE}, with or without {@code -v}: as it is started nearly always.
 * Reading it by hand takes nothing, where the parser takes a tenth of the time until the collector
 * works. Whatever else is given is the parser's to read, to explain or to refuse.
 */
final class PlainCollector {
  private static final String CONFIG = "--config";

  private final Path file;
  private final boolean verbose;

  private PlainCollector(Path file, boolean verbose) {
    this.file = file;
    this.verbose = verbose;
  }

  /**
   * Reads arguments.
   *
   * @return empty when they are for the parser
   */
  static Optional<PlainCollector> of(String... args) {
    boolean named = args.length >= 3 && args[0].equals("collector") && args[1].equals(CONFIG);
    // A parser takes what begins so for an option, or for a file of more arguments.
    if (!named || args[2].isEmpty() || args[2].startsWith("-") || args[2].startsWith("@")) {
      return Optional.empty();
    }
    boolean verbose = args.length == 4 && args[3].equals("-v");
    return verbose || args.length == 3
        ? Optional.of(new PlainCollector(Path.of(args[2]), verbose))
        : Optional.empty();
  }

  /** The file. */
  Path file() {
    return file;
  }

  /** Whether its log is to be detailed. */
  boolean verbose() {
    return verbose;
  }

  /** Runs the command, as the parser would. Returns its exit status. */
  int run() {
    try {
      return new CollectorCommand(new RoleOptions(file, new CommonOptions(verbose))).call();
    } catch (Exception e) {
      return FailureReport.write(e, new PrintWriter(System.err, true), verbose);
    }
  }
}
