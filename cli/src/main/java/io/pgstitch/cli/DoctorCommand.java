package io.pgstitch.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgstitch.cli.log.LogLevel;
import io.pgstitch.collector.survey.HostSurvey;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pgstitch doctor}: what works on this host. */
@Command(
    name = "doctor",
    sortOptions = false,
    description = {
      "Say what works on this host, and for everything that does not the reason and the remedy.",
      "",
      "Looks at the kernel, capabilities, lockdown and BTF, and at each PostgreSQL server that runs here: its version and",
      "what can be traced on it. Changes nothing. Run it as root, else it cannot see other users' servers.",
      ""
    },
    exitCodeListHeading = "%nExit statuses:%n",
    exitCodeList = {
      "0:The host and at least one of its servers can be traced",
      "2:Wrong usage",
      "3:Something that is needed is missing; the report says what to do"
    },
    footerHeading = "%nExamples:%n",
    footer = {"  sudo ./pgstitch doctor", "  sudo ./pgstitch doctor --json | jq .servers"})
final class DoctorCommand implements Callable<Integer> {
  @Option(names = "--json", description = "Print the report as one JSON object.")
  private boolean json;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws JsonProcessingException {
    common.apply(LogLevel.WARN);
    HostSurvey survey = HostSurvey.take();
    if (json) {
      System.out.println(
          new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(survey));
    } else {
      new SurveyReport(survey).lines().forEach(System.out::println);
    }
    return survey.usable() ? ExitStatus.OK : ExitStatus.ENVIRONMENT;
  }
}
