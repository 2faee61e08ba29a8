package io.pgstitch.processor.replay;

/** Raw events cannot be read or written; the message says why, and the remedy what to do. */
public final class ReplayException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String remedy;

  /** For a cause in words, and what caught it, which may be null. */
  public ReplayException(String cause, String remedy, Throwable origin) {
    super(cause, origin);
    this.remedy = remedy;
  }

  /** What the user can do. */
  public String remedy() {
    return remedy;
  }
}
