package io.pgstitch.testkit.trace;

import java.util.List;

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

  /**
   * WAIT.
   *
   * @param file its first parameter where that is a file, {@code file#=N} or {@code fd=N}, else
   *     empty
   */
  record Wait(int line, long cursor, String event, long ela, String file, long tim)
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

  /** BLOCKS: of the call above, by kind. */
  record Blocks(int line, long cursor, String call, BlockCounts counts) implements TraceRecord {}

  /** WAL: of the call above. */
  record Wal(int line, long cursor, String call, WalCounts made) implements TraceRecord {}

  /** FILE: what {@code file#=N} or {@code fd=N} means in waits from here on. */
  record NamedFile(int line, String number, String meaning) implements TraceRecord {}

  /** BEGUN BEFORE: of the statement above, or the wait. */
  record Begun(int line, long cursor, boolean ofWait) implements TraceRecord {}

  /** TEXT CUT: of the statement above. */
  record TextCut(int line, long cursor, long after) implements TraceRecord {}

  /** BIND TYPES: {@code K=OID:NAME}, with {@code ,null} and {@code ,cut}, of the binds above. */
  record BindTypes(int line, long cursor, List<String> types) implements TraceRecord {}

  /** LOCK HOLDER: who held the lock that was waited for above. */
  record LockHolder(int line, String text) implements TraceRecord {}

  /** FUNCTION: a call of a function that has ended. */
  record FunctionCall(int line, long cursor, String name, long c, long e, long dep, long tim)
      implements TraceRecord, Timed {}

  /** Whether a record only says more of the one above it. */
  static boolean isBehindAnother(TraceRecord record) {
    return record instanceof Blocks
        || record instanceof Wal
        || record instanceof Begun
        || record instanceof TextCut
        || record instanceof LockHolder;
  }

  /** Whether a record is a star line. */
  static boolean isStarLine(TraceRecord record) {
    return isBehindAnother(record)
        || record instanceof NamedFile
        || record instanceof BindTypes
        || record instanceof FunctionCall;
  }

  /** A record with a time. */
  sealed interface Timed {
    int line();

    long tim();
  }
}
