package io.pgstitch.exporter.sink.file;

import io.pgstitch.schema.Stat;
import io.pgstitch.schema.WalUsage;

/**
 * The lines of a plan and of WAL. STAT has a place for every figure and none for "not measured", so
 * a node of which the server did not measure everything is a star line with what is known.
 */
final class PlanLines {
  private PlanLines() {}

  static String stat(Stat s) {
    boolean measured =
        s.getRows() != null
            && s.getLoops() != null
            && s.getConsistentReads() != null
            && s.getPhysicalReads() != null
            && s.getPhysicalWrites() != null
            && s.getElapsedUs() != null;
    StringBuilder line = new StringBuilder(measured ? "STAT #" : "*** PLAN: #");
    line.append(s.getCursor()).append(" id=").append(s.getId());
    add(line, " cnt=", s.getRows(), "");
    line.append(" pid=").append(s.getParent());
    line.append(" pos=").append(s.getPosition());
    line.append(" obj=").append(s.getObjectId());
    line.append(" op='").append(Session.oneLine(s.getOperation()).replace('\'', ' '));
    StringBuilder figures = new StringBuilder();
    add(figures, " cr=", s.getConsistentReads(), "");
    add(figures, " pr=", s.getPhysicalReads(), "");
    add(figures, " pw=", s.getPhysicalWrites(), "");
    add(figures, " str=", s.getLoops(), "");
    add(figures, " time=", s.getElapsedUs(), " us");
    add(figures, " cost=", s.getCost(), "");
    add(figures, " size=", s.getSize(), "");
    add(figures, " card=", s.getCardinality(), "");
    if (!figures.isEmpty()) {
      line.append(" (").append(figures.substring(1)).append(')');
    }
    return line.append('\'').toString();
  }

  /** A line after a call's that made WAL; nothing after another's. */
  static String wal(int cursor, String call, WalUsage wal) {
    if (wal == null) {
      return "";
    }
    return ("\n*** WAL: #" + cursor + " " + call)
        + (" records=" + wal.getRecords())
        + (" fpi=" + wal.getFullPageImages())
        + (" bytes=" + wal.getBytes());
  }

  private static void add(StringBuilder to, String key, Long figure, String unit) {
    if (figure != null) {
      to.append(key).append(figure).append(unit);
    }
  }
}
