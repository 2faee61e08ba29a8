package io.pgstitch.cli;

import io.pgstitch.bpf.Detail;
import io.pgstitch.collector.TraceLevel;
import io.pgstitch.collector.control.Printable;
import io.pgstitch.exporter.sink.file.TraceFileName;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.TracedSession;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pgstitch session on}. */
@Command(
    name = "on",
    sortOptions = false,
    description = {
      "Trace one session at a level of its own, from its next statement on, with all detail: where inside each statement its",
      "time went. Others stay as they are. It lasts until the session ends, is switched again, or sets pgstitch.level itself.",
      ""
    },
    exitCodeListHeading = "%nExit statuses:%n",
    exitCodeList = {
      "0:The collector did it",
      "2:Wrong usage, no such level, or several pipelines run on this host: choose one with --kafka",
      "3:No pipeline runs here, no collector answered, or it refused (e.g. no such session): the message says what to do"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  sudo ./pgstitch session on --pid 4711                                  level 12: binds, waits and phases",
      "  sudo ./pgstitch session on --pid 4711 --level 28 --functions           plan statistics and functions too",
      "  ./pgstitch session on --pid 4711 --host db2 --kafka broker1:9092       on another host"
    })
final class SessionOnCommand implements Callable<Integer> {
  @Option(
      names = "--pid",
      required = true,
      paramLabel = "PID",
      description = "The session's backend: pg_backend_pid(), or PID of `session list`.")
  private int pid;

  @Option(
      names = "--level",
      paramLabel = "N",
      defaultValue = "12",
      description =
          "What to trace: 1 statements and their calls, +4 binds, +8 waits, +16 plan statistics."
              + " Default: ${DEFAULT-VALUE}.")
  private int level;

  @Option(
      names = "--functions",
      description =
          "Trace the functions of the catalogue inside each statement too; costs more on the server.")
  private boolean functions;

  @Mixin private SessionOptions options;

  @Override
  public Integer call() throws Exception {
    ControlTarget target = options.target();
    if (!TraceLevel.isValid(level) || level == TraceLevel.NOTHING) {
      throw CommandFailure.usage(
          "--level " + level + (level == 0 ? " traces nothing" : " does not exist"),
          level == 0 ? "Use `pgstitch session off`." : "Levels: " + TraceLevel.EXPLANATION + ".");
    }
    SessionOptions.Switched switched = options.switchSession(target, pid, level, functions);
    System.out.println(line(switched));
    System.out.println(
        "trace: "
            + target
                .traces()
                .map(directory -> directory + "/")
                .orElse("in the directory of the exporter's file sink, ")
            + TraceFileName.pattern(switched.after().getBackend()));
    return ExitStatus.OK;
  }

  /** What a session is now, and was. */
  static String line(SessionOptions.Switched switched) {
    Backend backend = switched.after().getBackend();
    return "session "
        + backend.getPid()
        + " on "
        + Printable.of(backend.getHost())
        + " (user "
        + Printable.of(backend.getUser())
        + ", database "
        + Printable.of(backend.getDatabase())
        + ", port "
        + backend.getServerPort()
        + "): level "
        + inForce(switched.after())
        + " from its next statement on; it was "
        + inForce(switched.before());
  }

  private static String inForce(TracedSession session) {
    String level = String.valueOf(session.getLevel());
    String detail =
        SessionTable.detail(session)
            .filter(seen -> !seen.equals(Detail.STATEMENTS.text()))
            .map(seen -> " with " + seen)
            .orElse("");
    String functions =
        session.getFunctions() ? (detail.isEmpty() ? " with" : " and") + " functions" : "";
    return level + detail + functions;
  }
}
