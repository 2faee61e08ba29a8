package io.pgstitch.testkit.trace;

/** One record of a trace that has a cursor or a time; times are microseconds. */
sealed interface TraceRecord {
  /** Number of its first line. */
  int line();

  /** PARSING IN CURSOR; the text as bytes, one per char. */
  record Parsing(
      int line, long cursor, long len, long dep, long tim, long hash, String sqlId, String text)
      implements TraceRecord, Timed {}

  /** PARSE, EXEC, FETCH or CLOSE; CLOSE counts no blocks and no rows. */
  record Call(
      int line,
      String kind,
      long cursor,
      long c,
      long e,
      long p,
      long cr,
      long cu,
      long rows,
      long dep,
      int closeType,
      long tim)
      implements TraceRecord, Timed {
    long start() {
      return tim - e;
    }

    boolean isClose() {
      return kind.equals("CLOSE");
    }
  }

  /** WAIT. */
  record Wait(int line, long cursor, String event, long ela, long tim)
      implements TraceRecord, Timed {
    long start() {
      return tim - ela;
    }
  }

  /** STAT: a line of a plan. */
  record Stat(int line, long cursor, long id, long cnt, long pid, long pos)
      implements TraceRecord {}

  /** BINDS: a cursor and no time. */
  record OfCursor(int line, String kind, long cursor) implements TraceRecord {}

  /** ERROR; the error is packed. */
  record Failure(int line, long cursor, long err, long tim) implements TraceRecord, Timed {}

  /** XCTEND or PARSE ERROR: a time and no cursor that must be known. */
  record Moment(int line, String kind, long tim) implements TraceRecord, Timed {}

  /** A record with a time. */
  sealed interface Timed {
    int line();

    long tim();
  }
}
