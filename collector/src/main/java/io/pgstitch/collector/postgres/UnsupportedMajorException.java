package io.pgstitch.collector.postgres;

/** A server's major version that there are no facts of; the message names the supported ones. */
public final class UnsupportedMajorException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int major;

  UnsupportedMajorException(int major) {
    super(
        "PostgreSQL "
            + major
            + " is not supported: there are facts for "
            + PostgresFacts.SUPPORTED_MAJORS
            + " (to add a major see collector/postgres-facts/README.md)");
    this.major = major;
  }

  /** The version that was asked for. */
  public int major() {
    return major;
  }
}
