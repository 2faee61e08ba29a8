package io.pgstitch.processor.stitch;

import io.pgstitch.schema.Binds;
import io.pgstitch.schema.Call;
import io.pgstitch.schema.CallKind;
import io.pgstitch.schema.Close;
import io.pgstitch.schema.ParsingInCursor;
import java.util.List;
import org.apache.avro.specific.SpecificRecordBase;

/** Where BINDS of an execution stands among records that are not sent yet. */
final class BindsPlace {
  private BindsPlace() {}

  /**
   * The place of the cursor's EXEC; the end when it has none yet, or it is sent. The executor runs
   * in FETCH for what returns rows, so its EXEC has ended when the values come.
   */
  static int in(List<Object> records, int cursor) {
    for (int i = records.size() - 1; i >= 0; i--) {
      Object record = records.get(i);
      if (record instanceof Call call && call.getCursor() == cursor) {
        return call.getKind() == CallKind.EXEC ? i : records.size();
      }
      if ((record instanceof ParsingInCursor p && p.getCursor() == cursor)
          || (record instanceof Close c && c.getCursor() == cursor)
          || (record instanceof Binds b && b.getCursor() == cursor)) {
        break;
      }
    }
    return records.size();
  }

  /** A time for a record before an EXEC: that call's start, but not before the record above. */
  static long timeBefore(List<Object> records, int place) {
    Call exec = (Call) records.get(place);
    long start = exec.getTimUs() - exec.getElapsedUs();
    return place == 0 ? start : Math.max(start, time(records.get(place - 1)));
  }

  private static long time(Object record) {
    return (Long) ((SpecificRecordBase) record).get("tim_us");
  }
}
