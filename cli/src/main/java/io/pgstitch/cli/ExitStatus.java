package io.pgstitch.cli;

/** Exit statuses of every {@code pgstitch} command. */
final class ExitStatus {
  /** It did what was asked. */
  static final int OK = 0;

  /** It started and failed, or something was lost on the way. */
  static final int FAILED = 1;

  /** Unknown option, key or value; nothing was done. */
  static final int USAGE = 2;

  /** This host, its servers or Kafka cannot be used as they are; nothing was done. */
  static final int ENVIRONMENT = 3;

  private ExitStatus() {}
}
