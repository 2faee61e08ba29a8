package io.pgstitch.exporter.sink.file;

import io.pgstitch.schema.LockTarget;
import java.util.stream.Collectors;

/** The star line behind a wait for a heavyweight lock: what it was, and who held it. */
final class LockLine {
  private LockLine() {}

  /** Begins with a line end; empty when the wait is of a collector that knew no names. */
  static String of(LockTarget lock) {
    if (lock.getLockType().isEmpty()) {
      return "";
    }
    return "\n*** LOCK: type="
        + Session.oneLine(lock.getLockType())
        + (" mode=" + Session.oneLine(lock.getModeName()))
        + (" holders="
            + lock.getHolders().stream().map(String::valueOf).collect(Collectors.joining(",")))
        + (lock.getHoldersCut() ? ",..." : "")
        + (lock.getRelation().isEmpty() ? "" : " relation=" + EscapedLine.of(lock.getRelation()));
  }
}
