package io.pgstitch.cli;

import io.pgstitch.exporter.Exporter;
import io.pgstitch.exporter.ExporterSettings;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code pgstitch exporter}: that role alone, until SIGTERM. */
@Command(
    name = "exporter",
    sortOptions = false,
    description = {
      "Run the exporter: hand query traces and 10046 records from Kafka to the sinks that the file names.",
      "Prints one line that begins with 'ready' once it works; runs until SIGTERM or Ctrl-C, then flushes.",
      ""
    },
    exitCodeListHeading = "%nExit statuses:%n",
    exitCodeList = {
      "0:Stopped as asked",
      "1:Failed",
      "2:Wrong usage, or a wrong or unknown key in the file",
      "3:Kafka or the schema registry not reachable: the message says what to do"
    },
    footerHeading = "%nExample:%n",
    footer = "  ./pgstitch exporter --config ops/config/exporter-files.properties")
final class ExporterCommand implements Callable<Integer> {
  @Mixin private RoleOptions role;

  @Override
  public Integer call() throws Exception {
    Properties properties = role.load(RoleKeys.exporter());
    try (StopSignal stop = new StopSignal();
        Exporter exporter = new Exporter(ExporterSettings.from(properties))) {
      exporter.start();
      System.out.println("ready");
      stop.awaitWhileWorking(() -> RoleFailure.of(exporter));
    }
    return ExitStatus.OK;
  }
}
