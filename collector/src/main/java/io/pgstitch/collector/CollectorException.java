package io.pgstitch.collector;

/** The collector cannot work; the message names cause and remedy. */
public final class CollectorException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CollectorException(String message) {
    super(message);
  }

  CollectorException(String message, Throwable cause) {
    super(message, cause);
  }
}
