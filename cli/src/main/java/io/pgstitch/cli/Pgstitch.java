package io.pgstitch.cli;

import java.util.LinkedHashMap;
import java.util.Map;
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
    })
public final class Pgstitch implements Runnable {
  /** By name, in the order in which help lists them. */
  static final Map<String, Class<?>> COMMANDS = commands();

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Which command?");
  }

  private static Map<String, Class<?>> commands() {
    Map<String, Class<?>> commands = new LinkedHashMap<>();
    commands.put("demo", DemoCommand.class);
    commands.put("up", UpCommand.class);
    commands.put("collector", CollectorCommand.class);
    commands.put("processor", ProcessorCommand.class);
    commands.put("exporter", ExporterCommand.class);
    commands.put("session", SessionCommand.class);
    commands.put("top", TopCommand.class);
    commands.put("sampling", SamplingCommand.class);
    commands.put("record", RecordCommand.class);
    commands.put("replay", ReplayCommand.class);
    commands.put("dlq", DlqCommand.class);
    commands.put("doctor", DoctorCommand.class);
    commands.put("bench", BenchCommand.class);
    commands.put("test", TestCommand.class);
    commands.put("help", HelpCommand.class);
    return commands;
  }

  /**
   * The parser, as {@link Main} uses it. To read about all commands costs more than many of them
   * do, so that it knows the one alone that is named first.
   *
   * @param args what it will be given; without any it knows all commands
   */
  static CommandLine commandLine(String... args) {
    CommandLine commandLine = new CommandLine(new Pgstitch());
    Class<?> named = args.length == 0 ? null : COMMANDS.get(args[0]);
    if (named != null && named != HelpCommand.class) {
      commandLine.addSubcommand(named);
    } else {
      COMMANDS.values().forEach(commandLine::addSubcommand);
    }
    commandLine.setExecutionExceptionHandler(
        (thrown, command, parsed) ->
            FailureReport.write(thrown, command.getErr(), CommonOptions.isVerbose(parsed)));
    commandLine.setUsageHelpWidth(124);
    return commandLine;
  }
}
