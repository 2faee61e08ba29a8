package io.pgstitch.testkit.trace;

import io.pgstitch.testkit.trace.TraceRecord.Begun;
import io.pgstitch.testkit.trace.TraceRecord.BindTypes;
import io.pgstitch.testkit.trace.TraceRecord.Blocks;
import io.pgstitch.testkit.trace.TraceRecord.Call;
import io.pgstitch.testkit.trace.TraceRecord.LockHolder;
import io.pgstitch.testkit.trace.TraceRecord.NamedFile;
import io.pgstitch.testkit.trace.TraceRecord.OfCursor;
import io.pgstitch.testkit.trace.TraceRecord.Parsing;
import io.pgstitch.testkit.trace.TraceRecord.TextCut;
import io.pgstitch.testkit.trace.TraceRecord.Wait;
import io.pgstitch.testkit.trace.TraceRecord.Wal;
import java.util.List;

/** Star lines stand behind the line of which they say more, and agree with it. */
final class StarRules {
  private final List<TraceViolation> violations;

  StarRules(List<TraceViolation> violations) {
    this.violations = violations;
  }

  void check(List<TraceRecord> records) {
    TraceRecord above = null;
    for (TraceRecord record : records) {
      String wrong = wrong(record, above);
      if (wrong != null) {
        violations.add(new TraceViolation(record.line(), TraceRule.STAR_LINE, wrong));
      }
      if (!TraceRecord.isBehindAnother(record)) {
        above = record;
      }
    }
  }

  private static String wrong(TraceRecord record, TraceRecord above) {
    if (record instanceof Blocks blocks) {
      if (!isOfCall(above, blocks.cursor(), blocks.call())) {
        return "BLOCKS of no call above";
      }
      Call call = (Call) above;
      BlockCounts counts = blocks.counts();
      boolean agrees =
          counts.physicalReads() == call.p()
              && counts.consistentReads() == call.cr()
              && counts.currentBlocks() == call.cu();
      return call.isClose() || agrees ? null : "BLOCKS are not p, cr and cu of the call above";
    } else if (record instanceof Wal wal) {
      return isOfCall(above, wal.cursor(), wal.call()) ? null : "WAL of no call above";
    } else if (record instanceof Begun begun) {
      boolean known =
          begun.ofWait()
              ? above instanceof Wait wait && wait.cursor() == begun.cursor()
              : above instanceof Parsing parsing && parsing.cursor() == begun.cursor();
      return known ? null : "BEGUN BEFORE of nothing above";
    } else if (record instanceof LockHolder) {
      return above instanceof Wait ? null : "LOCK HOLDER of no WAIT above";
    } else if (record instanceof TextCut cut) {
      boolean known =
          above instanceof Parsing parsing
              && parsing.cursor() == cut.cursor()
              && parsing.len() == cut.after();
      return known ? null : "TEXT CUT of no text above of this length";
    } else if (record instanceof BindTypes types) {
      boolean known = above instanceof OfCursor binds && binds.cursor() == types.cursor();
      return known ? null : "BIND TYPES of no BINDS above";
    }
    return null;
  }

  private static boolean isOfCall(TraceRecord above, long cursor, String kind) {
    return above instanceof Call call && call.cursor() == cursor && call.kind().equals(kind);
  }

  /** What a star line is counted as. */
  static String title(TraceRecord record) {
    if (record instanceof Blocks) {
      return "BLOCKS";
    } else if (record instanceof Wal) {
      return "WAL";
    } else if (record instanceof NamedFile) {
      return "FILE";
    } else if (record instanceof Begun) {
      return "BEGUN BEFORE";
    } else if (record instanceof TextCut) {
      return "TEXT CUT";
    } else if (record instanceof BindTypes) {
      return "BIND TYPES";
    } else if (record instanceof LockHolder) {
      return "LOCK HOLDER";
    } else if (record instanceof TraceRecord.FunctionCall) {
      return "FUNCTION";
    }
    throw new IllegalStateException("unknown " + record);
  }
}
