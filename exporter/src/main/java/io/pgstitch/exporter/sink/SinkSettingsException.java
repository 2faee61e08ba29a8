package io.pgstitch.exporter.sink;

import java.util.List;

/** Settings of a sink are missing or wrong; the message names every one and its remedy. */
public final class SinkSettingsException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** For the sink {@code instance}, with one sentence for each problem. */
  public SinkSettingsException(String instance, List<String> problems) {
    super("sink '" + instance + "': " + String.join("; ", problems));
  }
}
