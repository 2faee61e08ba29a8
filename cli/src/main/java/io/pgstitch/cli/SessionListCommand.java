package io.pgstitch.cli;

import io.pgstitch.collector.control.ControlDesk;
import io.pgstitch.collector.control.Printable;
import io.pgstitch.collector.control.SessionControl;
import io.pgstitch.schema.SessionReport;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pgstitch session list}. */
@Command(
    name = "list",
    sortOptions = false,
    description = {
      "Show the client sessions of traced servers: whose they are, the level in force (0 off, 1 statements, +4 binds,",
      "+8 waits, +16 plan statistics), how much is seen of each statement (statements, calls or phases: the collector's setting",
      "`detail`; a level beyond 1 of a session's own brings phases), whether functions are traced, and since when the session",
      "exists (UTC). A session that was just switched shows what its next statement will have. Control characters in names are",
      "shown as \\u and their number.",
      ""
    },
    exitCodeListHeading = "%nExit statuses:%n",
    exitCodeList = {
      "0:Shown",
      "2:Wrong usage, or several pipelines run on this host: choose one with --kafka",
      "3:No pipeline runs on this host, or no collector answered: the message says what to do"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  sudo ./pgstitch session list",
      "  sudo ./pgstitch session list --json | jq '.sessions[] | select(.level > 1)'",
      "  ./pgstitch session list --all-hosts --kafka broker1:9092"
    })
final class SessionListCommand implements Callable<Integer> {
  @Option(
      names = "--all-hosts",
      description = "Ask every host of the Kafka cluster; waits for as long as --timeout says.")
  private boolean allHosts;

  @Option(names = "--json", description = "Print the answer as one JSON object.")
  private boolean json;

  @Mixin private SessionOptions options;

  @Override
  public Integer call() throws Exception {
    if (allHosts && options.hasHost()) {
      throw CommandFailure.usage("--host and --all-hosts contradict each other", "Give one.");
    }
    ControlTarget here = options.target();
    ControlTarget target = allHosts ? here.on(ControlDesk.EVERY_HOST) : here;
    List<SessionReport> reports = ask(target);
    options.requireAnswer(target, reports);
    reports.stream()
        .filter(report -> !report.getAccepted())
        .forEach(
            report ->
                System.err.println(
                    Printable.of(report.getHost() + " refused: " + report.getMessage())));
    SessionTable table = new SessionTable(reports);
    if (json) {
      System.out.println(table.json());
    } else {
      table.lines().forEach(System.out::println);
    }
    return reports.stream().anyMatch(SessionReport::getAccepted)
        ? ExitStatus.OK
        : ExitStatus.ENVIRONMENT;
  }

  private List<SessionReport> ask(ControlTarget target) throws InterruptedException {
    try (ControlClient client = options.open(target)) {
      return allHosts
          ? client.askAll(SessionOptions.list(target.host(), SessionControl.ALL))
          : client.ask(SessionOptions.list(target.host(), SessionControl.ALL), report -> false);
    }
  }
}
