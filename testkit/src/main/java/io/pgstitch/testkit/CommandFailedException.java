package io.pgstitch.testkit;

import java.util.List;

/** A program ended with an error; the message holds the command, the reason and all it wrote. */
public final class CommandFailedException extends RuntimeException {
  private final String standardError;

  CommandFailedException(List<String> command, String reason, String out, String err) {
    super(String.join(" ", command) + ": " + reason + "\nstdout: " + out + "\nstderr: " + err);
    this.standardError = err;
  }

  /** What the program wrote to standard error. */
  public String standardError() {
    return standardError;
  }
}
