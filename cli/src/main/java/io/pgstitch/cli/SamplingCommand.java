package io.pgstitch.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code pgstitch sampling}: which finished statements keep their span trees. */
@Command(
    name = "sampling",
    sortOptions = false,
    description = {
      "Choose which statements keep their span trees, for each database and role.",
      "It is decided when a statement has ended and it is known what became of it. Without a rule all keep them; with one these",
      "do: what is slow, by a length or by what is usual for the query; what failed; what waited for a lock; what belongs to a",
      "session that was traced by request, or that the application records (trace context); what is not known whole, or was so",
      "long that a part had gone out; what had parallel workers; and a share of the rest, chosen by the trace's id. The reason",
      "and the share are attributes of the root span, so that counts can be scaled up.",
      "",
      "The 10046 trace files have every statement whatever the rules say, and so do the raw events: `pgstitch replay",
      "--with-left-out` brings back what was left out while Kafka retains them.",
      ""
    },
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  sudo ./pgstitch sampling show                                             the rules, most specific first",
      "  sudo ./pgstitch sampling set --share 10%% --slower-than 200                for the whole fleet",
      "  sudo ./pgstitch sampling set --share 1%% --slower-than-usual 3 --database shop",
      "  sudo ./pgstitch sampling set --share 100%% --role batch                    keep all of one role",
      "  sudo ./pgstitch sampling unset --database shop                            the fleet's rule counts again"
    },
    subcommands = {SamplingShowCommand.class, SamplingSetCommand.class, SamplingUnsetCommand.class})
final class SamplingCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Mixin private CommonOptions common;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "show, set or unset?");
  }
}
