package io.pgstitch.exporter.sink.file;

import io.pgstitch.schema.IoTarget;
import io.pgstitch.schema.WaitLine;

/**
 * The star line before a wait that says what the number of its file stands for, from there on until
 * another such line has the same number.
 */
final class FileLine {
  private FileLine() {}

  /** Ends with a line end; empty when the wait has no file. */
  static String of(WaitLine wait) {
    if (!(wait.getTarget() instanceof IoTarget io)) {
      return "";
    }
    String parameters = WaitParameters.of(wait);
    String line = "*** FILE: " + parameters.substring(0, parameters.indexOf(' '));
    if (io.getRelfilenode() > 0) {
      return line
          + (" fork=" + Session.oneLine(io.getFork()))
          + (" tablespace=" + io.getTablespaceOid())
          + (" database=" + io.getDatabaseOid())
          + (" oid=" + io.getRelationOid())
          + (" relation=" + EscapedLine.of(io.getRelation()))
          + "\n";
    }
    return line + " path=" + EscapedLine.of(io.getFile()) + "\n";
  }
}
