package io.pgstitch.cli;

import io.pgstitch.schema.SamplingScope;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code pgstitch sampling unset}. */
@Command(
    name = "unset",
    sortOptions = false,
    description = {
      "Take away the sampling rule of the fleet, a database, a role, or a role in a database.",
      "A less specific one counts then; where there is none, every statement is kept.",
      ""
    },
    exitCodeListHeading = "%nExit statuses:%n",
    exitCodeList = {
      "0:Taken away",
      "1:Kafka did not take it",
      "2:Wrong usage, there is no such rule, or several pipelines run on this host: choose one with --kafka",
      "3:Kafka is not reachable, or no pipeline runs on this host: the message says what to do"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  sudo ./pgstitch sampling unset                          the fleet's rule",
      "  sudo ./pgstitch sampling unset --database shop --role batch"
    })
final class SamplingUnsetCommand implements Callable<Integer> {
  @Mixin private SamplingScopeOptions scope;

  @Mixin private KafkaOptions kafka;

  @Override
  public Integer call() throws Exception {
    kafka.apply();
    SamplingScope of = scope.scope();
    try (SamplingTopic topic = SamplingTopic.open(kafka.target())) {
      if (topic.orders().stream().map(SamplingScope::of).noneMatch(of::equals)) {
        throw CommandFailure.usage(
            "there is no sampling rule for " + SamplingTable.name(of),
            "`pgstitch sampling show` lists them.");
      }
      topic.unset(of);
    }
    System.out.println("no sampling rule for " + SamplingTable.name(of) + " any more");
    return ExitStatus.OK;
  }
}
