package io.pgstitch.cli;

import io.pgstitch.exporter.deadletter.DeadLetterException;
import io.pgstitch.exporter.deadletter.DeadLetterTopic;
import io.pgstitch.exporter.deadletter.Letter;
import io.pgstitch.exporter.deadletter.Position;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pgstitch dlq retry}. */
@Command(
    name = "retry",
    sortOptions = false,
    description = {
      "Send dead letters back to the topics that they come from, with their key, value and headers, each once. The letter stays",
      "and is shown as retried. Should the record fail again, the new letter knows that it was retried, and neither is sent",
      "again without --again.",
      "",
      "Raw events of a session that has gone on since do not fit in any more: the processor drops and counts them. Where they",
      "matter use `pgstitch replay`.",
      ""
    },
    exitCodeListHeading = "%nExit statuses:%n",
    exitCodeList = {
      "0:Sent back",
      "1:Kafka did not take it, or another retry ran at the same time; nothing of the letter named was sent",
      "2:Wrong usage, no such letter, or it was retried before",
      "3:Kafka is not reachable, or no pipeline runs on this host: the message says what to do"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  sudo ./pgstitch dlq retry 0:17",
      "  sudo ./pgstitch dlq retry 0:17 0:18 --again      although they were retried before"
    })
final class DlqRetryCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "POSITION",
      arity = "1..*",
      description = "PARTITION:OFFSET among the dead letters, as `pgstitch dlq list` shows it.")
  private List<String> positions;

  @Option(names = "--again", description = "Also what was retried before.")
  private boolean again;

  @Mixin private DlqOptions options;

  @Override
  public Integer call() throws Exception {
    List<Position> wanted = positions.stream().map(DlqOptions::position).distinct().toList();
    try (DeadLetterTopic topic = options.open()) {
      for (Position position : wanted) {
        Letter letter = topic.retry(position, again);
        System.out.println("sent " + position + " back to " + letter.topic());
      }
      return ExitStatus.OK;
    } catch (DeadLetterException e) {
      throw DlqOptions.failure(e);
    }
  }
}
