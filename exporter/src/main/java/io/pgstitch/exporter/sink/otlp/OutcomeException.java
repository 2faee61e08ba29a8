package io.pgstitch.exporter.sink.otlp;

import java.io.IOException;

/** Carries an outcome through OpenTelemetry's exporter, which reports failures as exceptions. */
final class OutcomeException extends IOException {

  private static final long serialVersionUID = 1L;

  private final transient Outcome outcome;

  OutcomeException(Outcome outcome) {
    super(outcome.reason());
    this.outcome = outcome;
  }

  Outcome outcome() {
    return outcome;
  }
}
