package io.pgstitch.benchmarks;

/** This host lacks what a measure needs; the message says what, the remedy what to do. */
public final class UnusableHostException extends RuntimeException {
  private final String remedy;

  UnusableHostException(String message, String remedy) {
    super(message);
    this.remedy = remedy;
  }

  /** What to do about it. */
  public String remedy() {
    return remedy;
  }
}
