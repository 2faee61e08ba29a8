package io.pgstitch.exporter.deadletter;

/** A letter cannot be found, read or sent back; says why, and what to do about it. */
public final class DeadLetterException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String remedy;
  private final boolean refused;

  private DeadLetterException(String cause, String remedy, boolean refused, Throwable origin) {
    super(cause, origin);
    this.remedy = remedy;
    this.refused = refused;
  }

  /** What was asked for is not possible; asking again changes nothing. */
  static DeadLetterException refused(String cause, String remedy) {
    return new DeadLetterException(cause, remedy, true, null);
  }

  /** Kafka did not do it. */
  static DeadLetterException failed(String cause, String remedy, Throwable origin) {
    return new DeadLetterException(cause, remedy, false, origin);
  }

  /** What the user can do. */
  public String remedy() {
    return remedy;
  }

  /** Whether the request itself is wrong, not Kafka. */
  public boolean isRefused() {
    return refused;
  }
}
