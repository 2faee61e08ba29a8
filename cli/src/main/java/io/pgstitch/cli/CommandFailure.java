package io.pgstitch.cli;

/** An expected failure. The user sees its cause and its remedy, never a stack trace. */
final class CommandFailure extends RuntimeException {
  private final int exitStatus;
  private final String remedy;

  private CommandFailure(int exitStatus, String cause, String remedy, Throwable origin) {
    super(cause, origin);
    this.exitStatus = exitStatus;
    this.remedy = remedy;
  }

  /** Something that began did not come to its end. */
  static CommandFailure failed(String cause, String remedy) {
    return new CommandFailure(ExitStatus.FAILED, cause, remedy, null);
  }

  /** The user asked for something that cannot be meant. */
  static CommandFailure usage(String cause, String remedy) {
    return new CommandFailure(ExitStatus.USAGE, cause, remedy, null);
  }

  /** The host, a server or Kafka is not usable as it is. */
  static CommandFailure environment(String cause, String remedy) {
    return environment(cause, remedy, null);
  }

  /** As {@link #environment(String, String)}, with what was caught, which {@code -v} shows. */
  static CommandFailure environment(String cause, String remedy, Throwable origin) {
    return new CommandFailure(ExitStatus.ENVIRONMENT, cause, remedy, origin);
  }

  int exitStatus() {
    return exitStatus;
  }

  String remedy() {
    return remedy;
  }
}
