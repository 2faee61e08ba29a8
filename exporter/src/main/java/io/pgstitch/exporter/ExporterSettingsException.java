package io.pgstitch.exporter;

import java.util.List;

/** The exporter's settings make no sense; the message names every problem with its remedy. */
public final class ExporterSettingsException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** One sentence for each problem. */
  public ExporterSettingsException(List<String> problems) {
    super(String.join("; ", problems));
  }
}
