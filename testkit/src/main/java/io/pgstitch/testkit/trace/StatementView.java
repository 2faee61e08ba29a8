package io.pgstitch.testkit.trace;

import java.util.ArrayList;
import java.util.List;

/**
 * A statement as one of the two views, spans or 10046 records, tells it. Times are microseconds,
 * UTC; a span's are rounded down as the records' are.
 */
public final class StatementView {
  final long depth;
  final long startUs;
  final String text;
  final List<CallFigures> calls = new ArrayList<>();

  /** Waits inside its calls. */
  final List<WaitFigures> waits = new ArrayList<>();

  /** Waits for the client between its calls; in the records they belong to no cursor. */
  final List<WaitFigures> between = new ArrayList<>();

  /** Rows of its plans' nodes. */
  final List<Long> planRows = new ArrayList<>();

  long endUs;
  long closeElapsedUs;
  long closeCpuUs;

  /** Windows whose sum its CLOSE is: so often may rounding have taken a microsecond. */
  int closeWindows;

  /** The error that ended it as PostgreSQL packs an SQLSTATE, 0 for none. */
  long error;

  /**
   * @param text in UTF-8, one char for each byte
   */
  StatementView(long depth, long startUs, String text) {
    this.depth = depth;
    this.startUs = startUs;
    this.text = text;
  }

  /** A PARSE, EXEC or FETCH. */
  record CallFigures(
      String kind,
      long endUs,
      long elapsedUs,
      long cpuUs,
      long physicalReads,
      long consistentReads,
      long currentBlocks,
      long rows) {

    boolean agreesWith(CallFigures record) {
      long cpuRounding = record.cpuUs - cpuUs;
      return cpuRounding >= 0
          && cpuRounding <= 1
          && new CallFigures(
                  kind,
                  endUs,
                  elapsedUs,
                  record.cpuUs,
                  physicalReads,
                  consistentReads,
                  currentBlocks,
                  rows)
              .equals(record);
    }
  }

  /**
   * A wait.
   *
   * @param lockHolders what is told of those who held the lock, apart by "; "; empty for other
   *     waits
   */
  record WaitFigures(String event, long endUs, long elapsedUs, String lockHolders) {
    /** With one more holder. */
    WaitFigures and(String holder) {
      String all = lockHolders.isEmpty() ? holder : lockHolders + "; " + holder;
      return new WaitFigures(event, endUs, elapsedUs, all);
    }
  }

  /** What tells it from others: no two of a fleet agree in it but by a rare chance. */
  String identity() {
    return "dep=" + depth + " " + startUs + ".." + endUs + " " + text;
  }

  @Override
  public String toString() {
    return identity()
        + ("\n    calls   " + calls)
        + ("\n    waits   " + waits)
        + ("\n    close   e=" + closeElapsedUs + " c=" + closeCpuUs)
        + ("\n    plan    " + planRows)
        + ("\n    error   " + error);
  }
}
