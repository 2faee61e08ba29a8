package io.pgstitch.collector.probe;

/**
 * A wanted function that is not traced in one binary.
 *
 * @param symbol its name
 * @param reason why not
 */
public record MissingFunction(String symbol, String reason) {
  @Override
  public String toString() {
    return symbol + " (" + reason + ")";
  }
}
