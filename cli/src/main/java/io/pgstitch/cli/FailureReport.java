package io.pgstitch.cli;

import io.pgstitch.collector.CollectorException;
import io.pgstitch.exporter.ExporterSettingsException;
import io.pgstitch.schema.SchemaRegistryException;
import java.io.PrintWriter;

/** Turns what a command threw into a message on standard error and an exit status. */
final class FailureReport {
  private FailureReport() {}

  /**
   * Writes the message.
   *
   * @param verbose whether it says where it happened, too
   * @return the exit status
   */
  static int write(Exception thrown, PrintWriter err, boolean verbose) {
    if (thrown instanceof CommandFailure failure) {
      err.println("pgstitch: " + failure.getMessage());
      err.println("  " + failure.remedy());
    } else {
      err.println("pgstitch: " + describe(thrown));
    }
    if (verbose) {
      thrown.printStackTrace(err);
    } else if (!(thrown instanceof CommandFailure)) {
      err.println("  Run it again with -v to see where this happened.");
    }
    err.flush();
    return exitStatus(thrown);
  }

  private static int exitStatus(Exception thrown) {
    if (thrown instanceof CommandFailure failure) {
      return failure.exitStatus();
    }
    if (thrown instanceof IllegalArgumentException || thrown instanceof ExporterSettingsException) {
      return ExitStatus.USAGE;
    }
    return thrown instanceof SchemaRegistryException || thrown instanceof CollectorException
        ? ExitStatus.ENVIRONMENT
        : ExitStatus.FAILED;
  }

  /**
   * The messages of the chain of causes, each once: the innermost often says what the others only
   * wrap.
   */
  private static String describe(Throwable thrown) {
    StringBuilder text = new StringBuilder();
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      String message = t.getMessage() == null ? t.getClass().getSimpleName() : t.getMessage();
      if (text.indexOf(message) < 0) {
        text.append(text.isEmpty() ? "" : ": ").append(message);
      }
    }
    return text.toString();
  }
}
