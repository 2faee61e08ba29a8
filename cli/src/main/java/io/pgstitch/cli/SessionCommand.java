package io.pgstitch.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code pgstitch session}: what is traced of single sessions. */
@Command(
    name = "session",
    sortOptions = false,
    description = {
      "Show the sessions of traced servers, and switch what is traced of one of them, while it runs and without touching it.",
      "",
      "Works on this host, where `pgstitch up` or `pgstitch collector` runs, and on every host of a fleet that shares a Kafka",
      "cluster: commands travel through topic pgstitch.control, answers through pgstitch.sessions. Who may write to the first",
      "may switch.",
      ""
    },
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  sudo ./pgstitch session list                                          sessions of this host and their levels",
      "  sudo ./pgstitch session on --pid 4711                                 binds, waits and phases of one session (level 12)",
      "  sudo ./pgstitch session off --pid 4711                                nothing of it any more",
      "  ./pgstitch session on --pid 4711 --host db2 --kafka broker1:9092      the same on another host"
    },
    subcommands = {SessionListCommand.class, SessionOnCommand.class, SessionOffCommand.class})
final class SessionCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Mixin private CommonOptions common;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "list, on or off?");
  }
}
