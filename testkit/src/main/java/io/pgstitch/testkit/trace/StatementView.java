package io.pgstitch.testkit.trace;

import java.util.ArrayList;
import java.util.Comparator;
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

  /** {@code K=OID:NAME}, with {@code ,null} and {@code ,cut}. */
  final List<String> bindTypes = new ArrayList<>();

  /** Calls of functions of the detailed catalogue, or that were asked for by name. */
  final List<FunctionFigures> functions = new ArrayList<>();

  /** Rows of its plans' nodes. */
  final List<Long> planRows = new ArrayList<>();

  long endUs;
  long closeElapsedUs;
  long closeCpuUs;
  BlockCounts closeBlocks = BlockCounts.NONE;
  WalCounts closeWal = WalCounts.NONE;
  boolean begunBefore;
  boolean textCut;

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
      BlockCounts blocks,
      WalCounts wal,
      long rows) {

    boolean agreesWith(CallFigures record) {
      long cpuRounding = record.cpuUs - cpuUs;
      return cpuRounding >= 0
          && cpuRounding <= 1
          && new CallFigures(kind, endUs, elapsedUs, record.cpuUs, blocks, wal, rows)
              .equals(record);
    }
  }

  /**
   * A wait.
   *
   * @param file what it says of its file, empty where it has none
   * @param lockHolders what is told of those who held the lock, apart by "; "; empty for other
   *     waits
   */
  record WaitFigures(
      String event,
      long endUs,
      long elapsedUs,
      String file,
      boolean begunBefore,
      String lockHolders) {
    /** With one more holder. */
    WaitFigures and(String holder) {
      String all = lockHolders.isEmpty() ? holder : lockHolders + "; " + holder;
      return new WaitFigures(event, endUs, elapsedUs, file, begunBefore, all);
    }
  }

  /** A call of a function. */
  record FunctionFigures(String name, long endUs, long elapsedUs, long cpuUs) {
    static final Comparator<FunctionFigures> ORDER =
        Comparator.comparingLong(FunctionFigures::endUs)
            .thenComparingLong(FunctionFigures::elapsedUs)
            .thenComparing(FunctionFigures::name)
            .thenComparingLong(FunctionFigures::cpuUs);

    boolean agreesWith(FunctionFigures record) {
      long cpuRounding = record.cpuUs - cpuUs;
      return cpuRounding >= 0
          && cpuRounding <= 1
          && new FunctionFigures(name, endUs, elapsedUs, record.cpuUs).equals(record);
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
        + (begunBefore ? " begun before" : "")
        + (textCut ? " text cut" : "")
        + ("\n    binds   " + bindTypes)
        + ("\n    close   e=" + closeElapsedUs + " c=" + closeCpuUs)
        + (" " + closeBlocks + " " + closeWal)
        + ("\n    called  " + functions)
        + ("\n    plan    " + planRows)
        + ("\n    error   " + error);
  }
}
