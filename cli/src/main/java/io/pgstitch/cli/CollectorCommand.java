package io.pgstitch.cli;

import io.pgstitch.collector.Collector;
import io.pgstitch.collector.CollectorSettings;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code pgstitch collector}: that role alone, until SIGTERM. */
@Command(
    name = "collector",
    sortOptions = false,
    description = {
      "Run the collector of this host: find its PostgreSQL servers, attach, and send their events to Kafka. Needs root.",
      "Prints one line that begins with 'ready' once it works; runs until SIGTERM or Ctrl-C, then flushes.",
      ""
    },
    exitCodeListHeading = "%nExit statuses:%n",
    exitCodeList = {
      "0:Stopped as asked",
      "1:Failed",
      "2:Wrong usage, or a wrong or unknown key in the file",
      "3:Not root, no BTF, a pid that is no PostgreSQL server, Kafka not reachable: the message says what to do"
    },
    footerHeading = "%nExample:%n",
    footer = "  ./pgstitch collector --config ops/config/collector.properties")
final class CollectorCommand implements Callable<Integer> {
  @Mixin private RoleOptions role;

  /** For the parser, which fills it in. */
  CollectorCommand() {}

  /** As it was given without the parser's help. */
  CollectorCommand(RoleOptions role) {
    this.role = role;
  }

  @Override
  public Integer call() throws Exception {
    Properties properties = role.read(RoleKeys.collector());
    CollectorSettings settings = CollectorSettings.from(properties);
    Preflight preflight = Preflight.ofNamedServers();
    preflight.requireHost();
    try (StopSignal stop = new StopSignal();
        Collector collector = new Collector(settings)) {
      collector.prepare();
      Set<Integer> wanted = preflight.requireServerOf(settings.pids());
      collector.start();
      RunFile run =
          RunFile.ofThisProcess(
              "collector",
              settings.host(),
              settings.kafka().get("bootstrap.servers"),
              Optional.of(role.file()),
              Optional.empty());
      try (RunDirectory.Registration registered = RunDirectory.ofThisUser().register(run)) {
        System.out.println(UpCommand.readyLine(collector.status(), wanted, settings.level()));
        stop.awaitWhileWorking(() -> RoleFailure.of(collector));
      }
    }
    return ExitStatus.OK;
  }
}
