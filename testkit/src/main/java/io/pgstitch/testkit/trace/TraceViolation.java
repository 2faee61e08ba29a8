package io.pgstitch.testkit.trace;

/**
 * One place where a trace breaks a rule.
 *
 * @param line number of the record's first line, from 1
 * @param rule what is broken
 * @param message how, with the numbers
 */
public record TraceViolation(int line, TraceRule rule, String message) {
  @Override
  public String toString() {
    return "line " + line + ": " + rule + ": " + message;
  }
}
