package io.pgstitch.cli;

import io.pgstitch.processor.ProcessorSettings;
import io.pgstitch.processor.StreamProcessor;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code pgstitch processor}: that role alone, until SIGTERM. */
@Command(
    name = "processor",
    sortOptions = false,
    description = {
      "Run the processor: stitch the events in Kafka into query traces and 10046 records. Any number share the work.",
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
    footer = "  ./pgstitch processor --config ops/config/processor.properties")
final class ProcessorCommand implements Callable<Integer> {
  private static final Duration START_PATIENCE = Duration.ofSeconds(60);

  @Mixin private RoleOptions role;

  @Override
  public Integer call() throws Exception {
    Properties properties = role.load(RoleKeys.processor());
    try (StopSignal stop = new StopSignal();
        StreamProcessor processor = new StreamProcessor(ProcessorSettings.from(properties))) {
      processor.start();
      processor.awaitRunning(START_PATIENCE);
      System.out.println("ready");
      stop.awaitWhileWorking(() -> RoleFailure.of(processor));
    }
    return ExitStatus.OK;
  }
}
