package io.pgstitch.exporter.sink.file;

import io.pgstitch.schema.Backend;

/** How the trace file of a session is called. */
public final class TraceFileName {
  private static final int LONGEST_HOST = 100;

  private TraceFileName() {}

  /** {@code HOST-PORT-PID-START.trc}, with a star for the start. */
  public static String pattern(Backend backend) {
    return of(backend, "*");
  }

  /** Whatever could leave the directory or upset a shell is {@code _}. */
  static String of(Backend backend, String start) {
    String host = backend.getHost().replaceAll("[^A-Za-z0-9._-]", "_").replaceFirst("^[.-]", "_");
    return (host.length() > LONGEST_HOST ? host.substring(0, LONGEST_HOST) : host)
        + "-"
        + backend.getServerPort()
        + "-"
        + backend.getPid()
        + "-"
        + start
        + ".trc";
  }
}
