package io.pgstitch.cli;

import io.pgstitch.collector.survey.Finding;
import io.pgstitch.collector.survey.HostSurvey;
import io.pgstitch.collector.survey.ServerReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A survey of the host as lines for people. */
final class SurveyReport {
  private static final String REMEDY_MARK = "          -> ";

  private final HostSurvey survey;

  SurveyReport(HostSurvey survey) {
    this.survey = survey;
  }

  /**
   * The report: one line for each finding, with the remedy below each thing that does not work, the
   * verdict last.
   */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add("this host");
    survey.host().forEach(finding -> add(lines, finding));
    for (ServerReport server : survey.servers()) {
      lines.add("");
      lines.add(title(server));
      server.capabilities().forEach(finding -> add(lines, finding));
    }
    lines.add("");
    lines.addAll(verdict());
    return lines;
  }

  private static String title(ServerReport server) {
    return String.format(
        Locale.ROOT,
        "server pid %d, port %d, %s, %s, %d clients",
        server.pid(),
        server.port(),
        server.version().replaceFirst(" on .*", ""),
        server.dataDirectory(),
        server.clients());
  }

  private List<String> verdict() {
    if (survey.host().stream().anyMatch(finding -> finding.required() && !finding.ok())) {
      return List.of(
          "NOT OK: this host cannot be traced; do what the first -> says, then look again");
    }
    if (survey.servers().isEmpty()) {
      return List.of(
          "NOT OK: no PostgreSQL server runs on this host, or none that this user may see",
          REMEDY_MARK + "start one, or run this in the host's pid namespace");
    }
    long traceable = survey.servers().stream().filter(ServerReport::traceable).count();
    return List.of(
        String.format(
            Locale.ROOT,
            "%s: %d of %d servers can be traced",
            traceable > 0 ? "ok" : "NOT OK",
            traceable,
            survey.servers().size()));
  }

  private static void add(List<String> lines, Finding finding) {
    String mark = finding.ok() ? "ok" : finding.required() ? "NOT OK" : "partly";
    lines.add(
        String.format(
            Locale.ROOT, "  %-6s  %-15s  %s", mark, finding.name(), oneLine(finding.detail())));
    if (!finding.remedy().isEmpty()) {
      lines.add(REMEDY_MARK + finding.remedy());
    }
  }

  private static String oneLine(String text) {
    return text.strip().replaceAll("\\s+", " ");
  }
}
