package io.pgstitch.exporter.sink.file;

import io.pgstitch.schema.Backend;
import java.util.regex.Pattern;

/** How the trace file of a session is called. */
public final class TraceFileName {
  private static final int LONGEST_HOST = 100;

  /** A dot or a hyphen would hide the file, or look like an option, where it is the first. */
  private static final Pattern UNSAFE = Pattern.compile("^[.-]|[^A-Za-z0-9._-]");

  private TraceFileName() {}

  /** {@code HOST-PORT-PID-START.trc}, with a star for the start. */
  public static String pattern(Backend backend) {
    return of(backend, "*");
  }

  /** Whatever could leave the directory or upset a shell is {@code _}. */
  static String of(Backend backend, String start) {
    String host = UNSAFE.matcher(backend.getHost()).replaceAll("_");
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
