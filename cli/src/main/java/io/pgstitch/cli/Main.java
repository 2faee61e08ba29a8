package io.pgstitch.cli;

import io.pgstitch.cli.log.Log;
import java.util.Optional;

/** Where the launcher begins. It names no class of the parser, which not every start needs. */
public final class Main {
  private Main() {}

  /** Runs one command and ends the process with its exit status. */
  public static void main(String[] args) {
    int status = ExitStatus.FAILED;
    try {
      Log.install();
      Optional<PlainCollector> collector = PlainCollector.of(args);
      status =
          collector.isPresent() ? collector.get().run() : Pgstitch.commandLine(args).execute(args);
    } finally {
      StopSignal.exit(status);
    }
  }
}
