package io.pgstitch.exporter.sink.file;

import io.pgstitch.schema.Binds;
import io.pgstitch.schema.Call;
import io.pgstitch.schema.Close;
import io.pgstitch.schema.ErrorLine;
import io.pgstitch.schema.FunctionCall;
import io.pgstitch.schema.LockTarget;
import io.pgstitch.schema.Note;
import io.pgstitch.schema.ParsingInCursor;
import io.pgstitch.schema.Stat;
import io.pgstitch.schema.TraceRecords;
import io.pgstitch.schema.TransactionEndLine;
import io.pgstitch.schema.WaitLine;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes records as lines of a 10046 trace.
 *
 * <p>A statement's text is written as it is, in UTF-8, whatever it holds; {@code len} is its length
 * in bytes and tells a reader where it ends, even where a line of it reads END OF STMT. Code units
 * that UTF-8 cannot carry (lone surrogates) become {@code ?}.
 */
final class TraceFormat {

  private static final String RULE = "=".repeat(21);

  /** In Oracle's form, with a stamp: the application's name has changed. */
  private static final String MODULE_NAME = "MODULE NAME";

  private TraceFormat() {}

  /** The bytes of all records, each line ended. */
  static byte[] bytes(TraceRecords records) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (Object line : records.getRecords()) {
      if (line instanceof ParsingInCursor parsing) {
        parsing(out, parsing);
      } else if (line instanceof Binds binds) {
        BindLines.of(binds).forEach(text -> print(out, text));
      } else {
        print(out, line(line));
      }
    }
    return out.toByteArray();
  }

  private static void parsing(ByteArrayOutputStream out, ParsingInCursor p) {
    byte[] text = p.getText().getBytes(StandardCharsets.UTF_8);
    SqlId id = SqlId.of(text);
    print(out, RULE);
    print(
        out,
        ("PARSING IN CURSOR #" + p.getCursor())
            + (" len=" + text.length)
            + (" dep=" + p.getDep())
            + (" uid=" + p.getUserId())
            + (" oct=" + CommandCodes.of(p.getCommandTag()))
            + (" lid=" + p.getUserId())
            + (" tim=" + p.getTimUs())
            + (" hv=" + id.hash())
            + (" ad='" + Long.toHexString(id.bits()) + "'")
            + (" sqlid='" + id.text() + "'"));
    out.writeBytes(text);
    out.write('\n');
    print(out, "END OF STMT");
    if (p.getBegunBefore()) {
      print(out, "*** BEGUN BEFORE: #" + p.getCursor());
    }
    if (p.getTextTruncated()) {
      print(out, "*** TEXT CUT: #" + p.getCursor() + " after=" + text.length);
    }
  }

  private static String line(Object record) {
    if (record instanceof Call call) {
      String kind = call.getKind().name();
      return call(call)
          + BlockLine.of(call.getCursor(), kind, call.getBlocks())
          + PlanLines.wal(call.getCursor(), kind, call.getWal());
    }
    if (record instanceof Stat stat) {
      return PlanLines.stat(stat);
    }
    if (record instanceof WaitLine wait) {
      return wait(wait);
    }
    if (record instanceof Close close) {
      return ("CLOSE #" + close.getCursor())
          + (":c=" + close.getCpuUs())
          + (",e=" + close.getElapsedUs())
          + (",dep=" + close.getDep())
          + (",type=" + close.getCloseType())
          + (",tim=" + close.getTimUs())
          + BlockLine.of(close.getCursor(), "CLOSE", close.getBlocks())
          + PlanLines.wal(close.getCursor(), "CLOSE", close.getWal());
    }
    if (record instanceof TransactionEndLine end) {
      return ("XCTEND rlbk=" + bit(end.getRollback()))
          + (", rd_only=" + bit(end.getReadOnly()))
          + (", tim=" + end.getTimUs());
    }
    if (record instanceof ErrorLine error) {
      return ("ERROR #" + error.getCursor())
          + (":err=" + SqlState.pack(error.getSqlstate()))
          + (" tim=" + error.getTimUs())
          + ("\n*** SQLSTATE: " + Session.oneLine(error.getSqlstate()))
          + starLine("MESSAGE", error.getMessage())
          + starLine("DETAIL", error.getDetail())
          + starLine("HINT", error.getHint());
    }
    if (record instanceof FunctionCall call) {
      return ("*** FUNCTION: #" + call.getCursor())
          + (" " + Session.oneLine(call.getName()))
          + (" c=" + call.getCpuUs())
          + (",e=" + call.getElapsedUs())
          + (",dep=" + call.getDep())
          + (",tim=" + call.getTimUs());
    }
    if (record instanceof Note note && note.getName().equals(MODULE_NAME)) {
      return Session.star(MODULE_NAME, note.getText(), Stamp.line(note.getTimUs() * 1000)).strip();
    }
    if (record instanceof Note note) {
      return "*** " + Session.oneLine(note.getName()) + ": " + Session.oneLine(note.getText());
    }
    throw new IllegalArgumentException(
        "no line is known for a " + record.getClass().getName() + ": this exporter is too old");
  }

  private static String starLine(String name, String text) {
    return text.isEmpty() ? "" : "\n*** " + name + ": " + EscapedLine.of(text);
  }

  private static String call(Call call) {
    return (call.getKind() + " #" + call.getCursor())
        + (":c=" + call.getCpuUs())
        + (",e=" + call.getElapsedUs())
        + (",p=" + call.getPhysicalReads())
        + (",cr=" + call.getConsistentReads())
        + (",cu=" + call.getCurrentBlocks())
        + (",mis=" + call.getMisses())
        + (",r=" + Math.max(0, call.getRows()))
        + (",dep=" + call.getDep())
        + ",og=1"
        + (",plh=" + Long.toUnsignedString(call.getQueryId()))
        + (",tim=" + call.getTimUs());
  }

  private static String wait(WaitLine wait) {
    return (wait.getNamesFile() ? FileLine.of(wait) : "")
        + ("WAIT #" + wait.getCursor())
        + (": nam='" + Session.oneLine(wait.getEvent()).replace('\'', ' ') + "'")
        + (" ela= " + wait.getElapsedUs())
        + (" " + WaitParameters.of(wait))
        + (" obj#=" + wait.getObjectId())
        + (" tim=" + wait.getTimUs())
        + (wait.getBegunBefore() ? "\n*** BEGUN BEFORE: WAIT #" + wait.getCursor() : "")
        + (wait.getTarget() instanceof LockTarget lock ? LockLine.of(lock) : "");
  }

  private static int bit(boolean value) {
    return value ? 1 : 0;
  }

  private static void print(ByteArrayOutputStream out, String line) {
    out.writeBytes(line.getBytes(StandardCharsets.UTF_8));
    out.write('\n');
  }
}
