package io.pgstitch.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pgstitch sampling show}. */
@Command(
    name = "show",
    sortOptions = false,
    description = {
      "Show the sampling rules, the most specific first.",
      "For a session the first one counts that names its database and role; a star names all of them. Sessions that no rule",
      "names keep everything.",
      ""
    },
    exitCodeListHeading = "%nExit statuses:%n",
    exitCodeList = {
      "0:Shown, also when there are none",
      "2:Wrong usage, or several pipelines run on this host: choose one with --kafka",
      "3:Kafka is not reachable, or no pipeline runs on this host: the message says what to do"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  sudo ./pgstitch sampling show",
      "  ./pgstitch sampling show --json --kafka broker1:9092 | jq '.[] | select(.share < 0.05)'"
    })
final class SamplingShowCommand implements Callable<Integer> {
  @Option(names = "--json", description = "Print a JSON array with an object for each rule.")
  private boolean json;

  @Mixin private KafkaOptions kafka;

  @Override
  public Integer call() throws Exception {
    kafka.apply();
    try (SamplingTopic topic = SamplingTopic.open(kafka.target())) {
      SamplingTable table = new SamplingTable(topic.orders());
      if (json) {
        System.out.println(table.json());
      } else {
        table.lines().forEach(System.out::println);
      }
      return ExitStatus.OK;
    }
  }
}
