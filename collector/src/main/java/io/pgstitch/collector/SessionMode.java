package io.pgstitch.collector;

/** A level with the wish for functions as one number. */
final class SessionMode {
  /** Beside the bits of {@link TraceLevel}. */
  static final int FUNCTIONS = 32;

  private SessionMode() {}
}
