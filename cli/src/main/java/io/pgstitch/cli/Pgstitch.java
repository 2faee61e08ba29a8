package io.pgstitch.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code pgstitch}. */
@Command(
    name = "pgstitch",
    mixinStandardHelpOptions = true,
    version = "pgstitch 0.1.0",
    sortOptions = false,
    description = {
      "Where the time of every query on PostgreSQL 13 to 18 went, without touching the servers.",
      ""
    },
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  sudo ./pgstitch demo                      see it work on a throwaway server",
      "  sudo ./pgstitch up                        trace the servers of this host until Ctrl-C",
      "  sudo ./pgstitch session on --pid 4711     trace one session in detail while it runs",
      "  sudo ./pgstitch top                       what runs now, and what it waits for",
      "  sudo ./pgstitch sampling show             which statements keep their spans",
      "  ./pgstitch replay --from -15m --dry-run   what could be stitched again of the last quarter of an hour",
      "  sudo ./pgstitch doctor                    what works on this host, and what to do about the rest",
      "  ./pgstitch up --help                      options and exit statuses of a command",
      "",
      "Exit statuses of all commands: 0 done, 1 failed or something was lost, 2 wrong usage,",
      "3 this host, its servers or Kafka cannot be used as they are."
    },
    subcommands = {
      DemoCommand.class,
      UpCommand.class,
      CollectorCommand.class,
      ProcessorCommand.class,
      ExporterCommand.class,
      SessionCommand.class,
      TopCommand.class,
      SamplingCommand.class,
      RecordCommand.class,
      ReplayCommand.class,
      DlqCommand.class,
      DoctorCommand.class,
      BenchCommand.class,
      TestCommand.class,
      HelpCommand.class
    })
public final class Pgstitch implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Which command?");
  }

  /** The parser, as {@link #main} uses it. */
  static CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(new Pgstitch());
    commandLine.setExecutionExceptionHandler(new FailureReport());
    commandLine.setUsageHelpWidth(124);
    return commandLine;
  }

  /** Runs one command and ends the process with its exit status. */
  public static void main(String[] args) {
    int status = ExitStatus.FAILED;
    try {
      status = commandLine().execute(args);
    } finally {
      StopSignal.exit(status);
    }
  }
}
