package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenStatement;

/**
 * Ids of spans that others are children of; the last one is kept, as siblings follow each other.
 */
final class ParentIds {
  private long traceHigh;
  private long traceLow;
  private int ordinal = -1;
  private String id = "";

  /** The id of a span of the statement's trace, empty for a number below zero. */
  String id(OpenStatement statement, int number) {
    long high = statement.getTraceHigh();
    long low = statement.getTraceLow();
    if (number != ordinal || high != traceHigh || low != traceLow) {
      id = number < 0 ? "" : TraceIds.span(high, low, number);
      ordinal = number;
      traceHigh = high;
      traceLow = low;
    }
    return id;
  }
}
