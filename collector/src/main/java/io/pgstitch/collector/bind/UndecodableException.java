package io.pgstitch.collector.bind;

/** A value that cannot be printed as the server would; the message is the reason. */
final class UndecodableException extends Exception {
  private static final long serialVersionUID = 1L;

  UndecodableException(String reason) {
    super(reason, null, false, false);
  }
}
