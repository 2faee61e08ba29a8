package io.pgstitch.cli;

import io.pgstitch.collector.HostName;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.ControlCommand;
import io.pgstitch.schema.ControlKind;
import io.pgstitch.schema.SessionReport;
import io.pgstitch.schema.TracedSession;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the session commands have in common: which host, which Kafka, and how long to wait. */
final class SessionOptions {
  @Option(
      names = "--host",
      paramLabel = "HOST",
      description = "Host whose sessions are meant, as its collector calls it. Default: this host.")
  private String host;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "5",
      description = "How long to wait for an answer. Default: ${DEFAULT-VALUE}.")
  private int seconds;

  @Mixin private KafkaOptions kafka;

  /** Connects to the collectors. */
  ControlClient open(ControlTarget target) throws InterruptedException {
    return ControlClient.open(target, patience());
  }

  Duration patience() {
    return Duration.ofSeconds(seconds);
  }

  boolean hasHost() {
    return host != null;
  }

  /** Reads the options that say whom to ask. */
  ControlTarget target() {
    kafka.apply();
    if (seconds < 1 || seconds > 3600) {
      throw CommandFailure.usage(
          "--timeout is " + seconds, "Give a number of seconds between 1 and 3600.");
    }
    ControlTarget target = kafka.target();
    return host == null ? target : target.on(host);
  }

  static ControlCommand list(String host, int pid) {
    return command(ControlKind.LIST, host, pid, 0, false, 0);
  }

  private static ControlCommand command(
      ControlKind kind, String host, int pid, int level, boolean functions, long startNanos) {
    return new ControlCommand(
        UUID.randomUUID().toString(),
        host,
        pid,
        level,
        requester(),
        ChronoUnit.NANOS.between(Instant.EPOCH, Instant.now()),
        kind,
        functions,
        startNanos);
  }

  private static String requester() {
    String behindSudo = System.getenv().getOrDefault("SUDO_USER", "");
    String user = behindSudo.isEmpty() ? System.getProperty("user.name") : behindSudo;
    return user + "@" + HostName.ofThisHost();
  }

  /**
   * Switches one session. It is looked up first, so that the command names the very process and
   * cannot hit another one that gets its pid.
   *
   * @return the session before and after
   * @throws CommandFailure when nobody answers or the collector refuses
   */
  Switched switchSession(ControlTarget target, int pid, int level, boolean functions)
      throws InterruptedException {
    if (pid < 1) {
      throw CommandFailure.usage(
          "--pid " + pid + " is no process id",
          "Give the pid of a session; `pgstitch session list` shows them, as pg_stat_activity does.");
    }
    try (ControlClient client = open(target)) {
      TracedSession before =
          one(target, pid, client.ask(list(target.host(), pid), SessionReport::getAccepted));
      Backend backend = before.getBackend();
      ControlCommand command =
          command(ControlKind.SWITCH, target.host(), pid, level, functions, backend.getStartNs());
      TracedSession after = one(target, pid, client.ask(command, SessionReport::getAccepted));
      return new Switched(before, after);
    }
  }

  /** A session before and after. */
  record Switched(TracedSession before, TracedSession after) {}

  private TracedSession one(ControlTarget target, int pid, List<SessionReport> reports) {
    requireAnswer(target, reports);
    return reports.stream()
        .filter(SessionReport::getAccepted)
        .flatMap(report -> report.getSessions().stream())
        .findFirst()
        .orElseThrow(
            () ->
                CommandFailure.environment(
                    target.host() + " refused: " + reports.get(0).getMessage(),
                    "`pgstitch session list` shows the sessions that can be switched, with the pids that the host"
                        + " itself gives them (in a container pg_stat_activity has others)."));
  }

  /**
   * Somebody must have answered.
   *
   * @throws CommandFailure naming the host when nobody did
   */
  void requireAnswer(ControlTarget target, List<SessionReport> reports) {
    if (reports.isEmpty()) {
      throw CommandFailure.environment(
          "no collector of host "
              + target.host()
              + " answered within "
              + seconds
              + " s through the Kafka at "
              + target.brokers(),
          "Check that one runs there with this Kafka, that it calls the host so (`pgstitch session list --all-hosts` shows"
              + " who answers), that its control.topic is not false, or wait longer with --timeout.");
    }
  }
}
