package io.pgstitch.cli;

import io.pgstitch.collector.host.Procfs;
import io.pgstitch.collector.survey.Finding;
import io.pgstitch.collector.survey.HostSurvey;
import io.pgstitch.collector.survey.ServerLookup;
import io.pgstitch.collector.survey.ServerReport;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/** Refuses, before anything is started, a host on which nothing could be traced. */
final class Preflight {
  private static final String PID_REMEDY =
      "Give the first line of postmaster.pid in its data directory, or a pid of pg_stat_activity;"
          + " `pgstitch doctor` lists the servers of this host.";

  private final HostSurvey survey;
  private final IntFunction<Optional<ServerReport>> servers;

  Preflight(HostSurvey survey) {
    this(
        survey, pid -> survey.servers().stream().filter(server -> server.pid() == pid).findFirst());
  }

  private Preflight(HostSurvey survey, IntFunction<Optional<ServerReport>> servers) {
    this.survey = survey;
    this.servers = servers;
  }

  /** Of this host, and of those of its servers alone that are asked for. */
  static Preflight ofNamedServers() {
    return new Preflight(HostSurvey.withoutServers(), new ServerLookup()::server);
  }

  /**
   * The kernel and the privileges of this process must allow tracing.
   *
   * @throws CommandFailure naming what is in the way
   */
  void requireHost() {
    firstMissing(survey.host().stream())
        .ifPresent(
            finding -> {
              throw refused("this host cannot be traced", finding);
            });
  }

  /**
   * A server must run that can be traced.
   *
   * @throws CommandFailure when none runs, or naming what is in the way on those that do
   */
  void requireServer() {
    if (survey.servers().isEmpty()) {
      throw CommandFailure.environment(
          "no PostgreSQL server runs on this host",
          "Start one, or run `pgstitch demo`, which brings its own. Servers in containers count when"
              + " this runs in the host's pid namespace.");
    }
    if (survey.servers().stream().noneMatch(ServerReport::traceable)) {
      firstMissing(survey.servers().stream().flatMap(server -> server.capabilities().stream()))
          .ifPresent(
              finding -> {
                throw refused("no server of this host can be traced", finding);
              });
    }
  }

  /**
   * Each of these processes must be a server's postmaster or one of its backends.
   *
   * @return the postmasters; none for none
   * @throws CommandFailure naming the one that is not
   */
  Set<Integer> requireServerOf(List<Integer> pids) {
    Set<Integer> postmasters = new HashSet<>();
    for (int pid : pids) {
      Optional<Procfs.Stat> stat = Procfs.system().stat(pid);
      if (stat.isEmpty()) {
        throw CommandFailure.environment("no process has the pid " + pid, PID_REMEDY);
      }
      ServerReport server =
          servers
              .apply(pid)
              .or(() -> servers.apply(stat.get().parentPid()))
              .orElseThrow(
                  () ->
                      CommandFailure.environment(
                          "process "
                              + pid
                              + " ("
                              + Procfs.system().executableName(pid).orElse("?")
                              + ") is neither a PostgreSQL server nor one of its backends",
                          PID_REMEDY));
      firstMissing(server.capabilities().stream())
          .ifPresent(
              finding -> {
                throw refused("the server of process " + pid + " cannot be traced", finding);
              });
      postmasters.add(server.pid());
    }
    return postmasters;
  }

  /** Findings come in the order of cause and consequence, so the first says enough. */
  private static Optional<Finding> firstMissing(Stream<Finding> findings) {
    return findings.filter(finding -> finding.required() && !finding.ok()).findFirst();
  }

  private static CommandFailure refused(String what, Finding finding) {
    return CommandFailure.environment(
        what + ": " + finding.name() + ": " + finding.detail().strip(),
        finding.remedy() + "; `pgstitch doctor` tells more");
  }
}
