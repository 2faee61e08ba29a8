package io.pgstitch.cli;

import io.pgstitch.collector.TraceLevel;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pgstitch session off}. */
@Command(
    name = "off",
    sortOptions = false,
    description = {
      "Trace nothing of one session any more (level 0), whatever the level of others is.",
      "`pgstitch session on --level N` brings it back to any level, also to that of the others.",
      ""
    },
    exitCodeListHeading = "%nExit statuses:%n",
    exitCodeList = {
      "0:The collector did it",
      "2:Wrong usage, or several pipelines run on this host: choose one with --kafka",
      "3:No pipeline runs here, no collector answered, or it refused (e.g. no such session): the message says what to do"
    },
    footerHeading = "%nExample:%n",
    footer = "  sudo ./pgstitch session off --pid 4711")
final class SessionOffCommand implements Callable<Integer> {
  @Option(
      names = "--pid",
      required = true,
      paramLabel = "PID",
      description = "The session's backend: pg_backend_pid(), or PID of `session list`.")
  private int pid;

  @Mixin private SessionOptions options;

  @Override
  public Integer call() throws Exception {
    System.out.println(
        SessionOnCommand.line(
            options.switchSession(options.target(), pid, TraceLevel.NOTHING, false)));
    return ExitStatus.OK;
  }
}
