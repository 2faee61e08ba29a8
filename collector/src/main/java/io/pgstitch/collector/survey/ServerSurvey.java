package io.pgstitch.collector.survey;

import io.pgstitch.collector.host.BackendProbe;
import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.host.FunctionSymbols;
import io.pgstitch.collector.host.PostgresServer;
import io.pgstitch.collector.postgres.PostgresFacts;
import io.pgstitch.collector.probe.AttachedBinary;
import io.pgstitch.collector.probe.LayoutCheck;
import io.pgstitch.collector.probe.Probe;
import io.pgstitch.collector.probe.ProbeCatalogue;
import io.pgstitch.collector.probe.ProbePlan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What of tracing works on one server. */
final class ServerSurvey {
  private final BackendProbe backends;
  private final ProbeCatalogue catalogue = ProbeCatalogue.load();

  ServerSurvey(BackendProbe backends) {
    this.backends = backends;
  }

  ServerReport report(PostgresServer server) {
    List<Finding> capabilities = new ArrayList<>();
    List<Integer> clients = List.of();
    try {
      ElfFile elf = ElfFile.read(server.executable());
      clients = backends.clients(server, elf);
      capabilities.add(version(server));
      capabilities.add(layout(server, elf, clients));
      FunctionSymbols functions = FunctionSymbols.of(elf, server.root());
      capabilities.add(
          tier("statements", functions, EnumSet.of(Probe.Tier.CONTROL, Probe.Tier.BASIC)));
      capabilities.add(
          tier(
              "waits",
              functions,
              EnumSet.of(Probe.Tier.BASIC, Probe.Tier.RARE, Probe.Tier.DETAIL, Probe.Tier.PHASE)));
      capabilities.add(functions(server, functions));
      capabilities.add(binary(server));
    } catch (IOException e) {
      capabilities.add(
          Finding.bad(
              "statements",
              "its executable cannot be read: " + e.getMessage(),
              "run as root, with CAP_SYS_PTRACE"));
    }
    return new ServerReport(
        server.pid(),
        server.port(),
        server.version(),
        server.major(),
        server.dataDirectory(),
        clients.size(),
        capabilities);
  }

  private static Finding version(PostgresServer server) {
    return PostgresFacts.SUPPORTED_MAJORS.contains(server.major())
        ? Finding.good("version", String.valueOf(server.versionNum()))
        : Finding.limited(
            "version",
            "no facts about PostgreSQL " + server.major() + ": " + AttachedBinary.WITHOUT_LAYOUT,
            "use a pgstitch that knows it; this one knows " + PostgresFacts.SUPPORTED_MAJORS);
  }

  private Finding layout(PostgresServer server, ElfFile elf, List<Integer> clients) {
    PostgresFacts facts = PostgresFacts.ofAny(server.major());
    if (!facts.isKnown() || clients.isEmpty()) {
      return Finding.good("layout", "is checked at the first backend");
    }
    LayoutCheck check = new LayoutCheck(backends);
    return clients.stream()
        .flatMap(pid -> check.compare(pid, elf, facts).stream())
        .flatMap(verdict -> verdict.contradiction().stream())
        .findFirst()
        .map(
            why ->
                Finding.limited(
                    "layout",
                    why + ": " + AttachedBinary.WITHOUT_LAYOUT,
                    "this build is not stock PostgreSQL " + server.major()))
        .orElse(Finding.good("layout", "as in stock builds, checked on " + clients.size()));
  }

  private Finding tier(String name, FunctionSymbols functions, EnumSet<Probe.Tier> tiers) {
    List<String> missing = ProbePlan.of(functions, 0, catalogue, tiers).missingRequired();
    return missing.isEmpty()
        ? Finding.good(name, "all functions are there")
        : Finding.bad(
            name,
            "the executable lacks " + String.join(", ", missing),
            "use a stock build that exports its functions");
  }

  private Finding functions(PostgresServer server, FunctionSymbols functions) {
    ProbePlan plan = ProbePlan.of(functions, 0, catalogue, EnumSet.of(Probe.Tier.FUNCTION));
    int there = plan.details().size();
    String count = there + " of " + (there + plan.missingOptional().size()) + " of the tier";
    // One line for each reason: versions rename functions, so that some are always absent.
    Map<String, List<String>> reasons = new LinkedHashMap<>();
    plan.missingOptional()
        .forEach(m -> reasons.computeIfAbsent(m.reason(), r -> new ArrayList<>()).add(m.symbol()));
    String origin = functions.origin().isEmpty() ? "" : "; static ones by " + functions.origin();
    StringBuilder detail = new StringBuilder(count).append(origin);
    reasons.forEach(
        (reason, names) ->
            detail.append("; not ").append(String.join(", ", names)).append(": ").append(reason));
    return functions.origin().isEmpty()
        ? Finding.limited(
            "functions",
            detail.toString(),
            "for the static ones install the debug symbols of this very build, e.g. postgresql-"
                + server.major()
                + "-dbgsym")
        : Finding.good("functions", detail.toString());
  }

  private static Finding binary(PostgresServer server) {
    return server.binaryReplaced()
        ? Finding.limited(
            "binary",
            "the file was replaced on disk since the server started; the running one is traced",
            "restart the server to run the new one")
        : Finding.good("binary", "as on disk");
  }
}
