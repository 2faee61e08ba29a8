package io.pgstitch.cli;

import io.pgstitch.exporter.deadletter.DeadLetterException;
import io.pgstitch.exporter.deadletter.DeadLetterTopic;
import io.pgstitch.exporter.deadletter.Letter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pgstitch dlq list}. */
@Command(
    name = "list",
    sortOptions = false,
    description = {
      "Show the dead letters, oldest first: position among the dead letters, time (UTC), where the record comes from, who gave it",
      "up (the processor, or a sink by its name), size of key and value, how often it was retried, and why it is here.",
      ""
    },
    exitCodeListHeading = "%nExit statuses:%n",
    exitCodeList = {
      "0:Shown, also when there are none",
      "1:Kafka did not give them",
      "2:Wrong usage, or the cluster has no such topic",
      "3:Kafka is not reachable, or no pipeline runs on this host: the message says what to do"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  sudo ./pgstitch dlq list",
      "  ./pgstitch dlq list --json --kafka broker1:9092 | jq '.[] | select(.retries == 0) | .position'"
    })
final class DlqListCommand implements Callable<Integer> {
  @Option(names = "--json", description = "Print a JSON array with an object for each letter.")
  private boolean json;

  @Mixin private DlqOptions options;

  @Override
  public Integer call() throws Exception {
    try (DeadLetterTopic topic = options.open()) {
      List<Letter> letters = topic.letters();
      LetterTable table = new LetterTable(letters);
      if (json) {
        System.out.println(table.json());
      } else {
        table.lines().forEach(System.out::println);
      }
      return ExitStatus.OK;
    } catch (DeadLetterException e) {
      throw DlqOptions.failure(e);
    }
  }
}
