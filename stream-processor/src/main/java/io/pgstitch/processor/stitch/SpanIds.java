package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenStatement;
import java.util.Arrays;

/**
 * Ids of spans of the running statement. The last ones are kept: a span's id is asked for by its
 * children, which end before it, and then by itself.
 */
final class SpanIds {
  private static final int KEPT = 8;

  private final int[] ordinals = new int[KEPT];
  private final String[] ids = new String[KEPT];
  private long traceHigh;
  private long traceLow;

  /** The id of a span of the statement's trace, empty for a number below zero. */
  String id(OpenStatement statement, int number) {
    if (number < 0) {
      return "";
    }
    long high = statement.getTraceHigh();
    long low = statement.getTraceLow();
    if (high != traceHigh || low != traceLow) {
      Arrays.fill(ids, null);
      traceHigh = high;
      traceLow = low;
    }
    int place = number % KEPT;
    if (ids[place] == null || ordinals[place] != number) {
      ids[place] = TraceIds.span(high, low, number);
      ordinals[place] = number;
    }
    return ids[place];
  }
}
