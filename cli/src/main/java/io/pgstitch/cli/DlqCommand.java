package io.pgstitch.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code pgstitch dlq}: records that could not be read, stitched or delivered. */
@Command(
    name = "dlq",
    sortOptions = false,
    description = {
      "Show the dead letters, and try them again. Records that the processor cannot read or stitch, and those that a sink will",
      "never take, go to topic pgstitch.dead-letters as they were, with the reason; the rest goes on.",
      ""
    },
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  sudo ./pgstitch dlq list                      what there is, and why",
      "  sudo ./pgstitch dlq show 0:17                 one letter with its headers and contents",
      "  sudo ./pgstitch dlq retry 0:17                send it back to its topic, once what was wrong is mended",
      "  ./pgstitch dlq list --kafka broker1:9092      of a fleet's cluster"
    },
    subcommands = {DlqListCommand.class, DlqShowCommand.class, DlqRetryCommand.class})
final class DlqCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Mixin private CommonOptions common;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "list, show or retry?");
  }
}
