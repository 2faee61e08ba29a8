package io.pgstitch.testkit.trace;

/** What a 10046 trace must keep. */
public enum TraceRule {
  /** Every line is one the format knows; all numbers are integers in range. */
  GRAMMAR,
  /** {@code len} is the number of bytes of the statement's text. */
  TEXT_LENGTH,
  /** {@code sqlid} and {@code hv} follow from the text. */
  SQL_ID,
  /** Cursor numbers have three to five digits, or are 0 for a wait that belongs to no statement. */
  CURSOR_NUMBER,
  /** A record's cursor was introduced by PARSING IN CURSOR and not closed since. */
  CURSOR_UNKNOWN,
  /** No cursor is introduced again while it is open. */
  CURSOR_REUSED,
  /** BINDS stands before the EXEC of its execution, not between that and its FETCH. */
  BINDS_ORDER,
  /** Every cursor is closed at the end. */
  CURSOR_LEFT_OPEN,
  /**
   * The STAT lines of one execution follow each other: ids are 1, 2 ..., {@code pid} is 0 or an
   * earlier id, {@code pos} counts the children of a parent from 1.
   */
  PLAN_TREE,
  /**
   * A star line that says more of a line stands behind it, and agrees with it: {@code BLOCKS} with
   * p, cr and cu, {@code TEXT CUT} with len.
   */
  STAR_LINE,
  /** {@code tim} never goes back. */
  TIME_GOES_BACK,
  /** A call's depth is its caller's plus one, and every recursive call has a caller. */
  DEPTH,
  /**
   * A call begins after its caller and after the call before it; a wait lies inside a call or
   * between calls.
   */
  NESTING,
  /** {@code c} is at most {@code e} plus 25 us. */
  CPU_EXCEEDS_ELAPSED,
  /**
   * {@code e} is not less than its own CPU time, its waits and its recursive calls together, but
   * for the tolerance.
   */
  PARTS_EXCEED_ELAPSED,
  /** {@code p}, {@code cr} and {@code cu} of a call include those of the calls it made. */
  COUNTS_INCLUDE_CALLED
}
