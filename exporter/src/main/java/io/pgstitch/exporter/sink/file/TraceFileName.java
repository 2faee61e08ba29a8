package io.pgstitch.exporter.sink.file;

import io.pgstitch.schema.Backend;

/**
 * How the trace file of a session is called: {@code PORT-PID-START-SYSTEM.trc}, of four numbers
 * that the session itself can ask its server for, so that SQL can say the name. START is
 * backend_start in UTC with microseconds, SYSTEM the server's system identifier in hex. Nothing
 * that anybody named is in it.
 */
public final class TraceFileName {
  private TraceFileName() {}

  /** The name, with a star for a start that is not known. */
  public static String pattern(Backend backend) {
    return of(backend, "*");
  }

  /**
   * The name.
   *
   * @param otherwise the start where backend_start is not known
   */
  static String of(Backend backend, String otherwise) {
    long startUs = backend.getBackendStartUs();
    return "%d-%d-%s-%016x.trc"
        .formatted(
            backend.getServerPort(),
            backend.getServerPid() == 0 ? backend.getPid() : backend.getServerPid(),
            startUs == 0 ? otherwise : Stamp.file(startUs * 1000),
            backend.getSystemIdentifier());
  }
}
