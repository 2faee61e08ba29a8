package io.pgstitch.collector.control;

import io.pgstitch.collector.host.Procfs;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.ControlCommand;
import io.pgstitch.schema.ControlKind;
import io.pgstitch.schema.SessionReport;
import io.pgstitch.schema.TracedSession;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out the commands that are meant for one host and says what came of each. Not thread-safe.
 */
public final class ControlDesk {
  /** The host that stands for every one. */
  public static final String EVERY_HOST = "*";

  private static final Logger LOG = LoggerFactory.getLogger(ControlDesk.class);

  /** Older commands were held up on their way; who sent them has given up. */
  private static final long LONGEST_WAY_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** A repeat that comes later than this is refused for its age. */
  private static final long REMEMBERED_NANOS = 3 * LONGEST_WAY_NANOS;

  private final String host;
  private final SessionControl sessions;
  private final Map<String, Long> answered = new LinkedHashMap<>();

  /**
   * @param host name of this host in commands
   */
  public ControlDesk(String host, SessionControl sessions) {
    this.host = host;
    this.sessions = sessions;
  }

  /**
   * Carries out a command.
   *
   * @param nowNanos UTC nanoseconds
   * @return empty for a command that is for another host or was answered before
   */
  public Optional<SessionReport> answer(ControlCommand command, long nowNanos) {
    if (!command.getHost().equals(host) && !command.getHost().equals(EVERY_HOST)) {
      return Optional.empty();
    }
    forgetUntil(nowNanos - REMEMBERED_NANOS);
    if (answered.putIfAbsent(command.getId(), nowNanos) != null) {
      LOG.info("command {} came again and is ignored", Printable.of(command.getId()));
      return Optional.empty();
    }
    try {
      refuseUnlessTimely(command.getRequestedAtUtcNs(), nowNanos);
      return Optional.of(report(command, nowNanos, "", carryOut(command)));
    } catch (IllegalArgumentException refused) {
      LOG.warn(
          "command {} of {} is refused: {}",
          Printable.of(command.getId()),
          Printable.of(command.getRequestedBy()),
          refused.getMessage());
      return Optional.of(report(command, nowNanos, refused.getMessage(), List.of()));
    } catch (RuntimeException failed) {
      LOG.error("command {} failed: {}", Printable.of(command.getId()), failed.toString(), failed);
      return Optional.of(
          report(
              command,
              nowNanos,
              "it failed (" + failed + "); the log of this host's collector says more",
              List.of()));
    }
  }

  private void forgetUntil(long nanos) {
    for (Iterator<Long> times = answered.values().iterator(); times.hasNext(); ) {
      if (times.next() > nanos) {
        return;
      }
      times.remove();
    }
  }

  private static void refuseUnlessTimely(long requestedNanos, long nowNanos) {
    long age = nowNanos - requestedNanos;
    if (Math.abs(age) > LONGEST_WAY_NANOS) {
      long seconds = TimeUnit.NANOSECONDS.toSeconds(Math.abs(age));
      throw new IllegalArgumentException(
          "by this host's clock the command is "
              + seconds
              + (age > 0 ? " s old" : " s ahead")
              + "; more than "
              + TimeUnit.NANOSECONDS.toSeconds(LONGEST_WAY_NANOS)
              + " s are refused. Give it again if Kafka was away, else set the clocks of both"
              + " hosts");
    }
  }

  private List<TracedSession> carryOut(ControlCommand command) {
    int pid = command.getPid();
    if (pid < 0 || pid == SessionControl.ALL && command.getKind() == ControlKind.SWITCH) {
      throw new IllegalArgumentException(pid + " is no process id");
    }
    List<TracedSession> before = sessions.sessions(pid);
    if (pid != SessionControl.ALL && before.isEmpty()) {
      throw new IllegalArgumentException(
          "process " + pid + " is no session of a server that is traced on " + host);
    }
    if (command.getKind() == ControlKind.LIST) {
      return before;
    }
    refuseUnlessSame(command, before.get(0).getBackend());
    sessions.switchSession(pid, command.getLevel(), command.getFunctions());
    List<TracedSession> now = sessions.sessions(pid);
    if (now.isEmpty()) {
      throw new IllegalArgumentException("process " + pid + " has just ended");
    }
    LOG.info(
        "session {} of {} on {} (port {}) is at level {}{} from now on, by {}",
        pid,
        Printable.of(now.get(0).getBackend().getUser()),
        Printable.of(now.get(0).getBackend().getDatabase()),
        now.get(0).getBackend().getServerPort(),
        now.get(0).getLevel(),
        now.get(0).getFunctions() ? " with functions" : "",
        Printable.of(command.getRequestedBy()));
    return now;
  }

  private static void refuseUnlessSame(ControlCommand command, Backend backend) {
    // What was read from /proc knows no more than the tick.
    long meant = command.getStartNs() / Procfs.NANOS_PER_TICK;
    if (meant != 0 && meant != backend.getStartNs() / Procfs.NANOS_PER_TICK) {
      throw new IllegalArgumentException(
          "process "
              + backend.getPid()
              + " is another session by now: the one that was meant has ended");
    }
  }

  private SessionReport report(
      ControlCommand command, long nowNanos, String message, List<TracedSession> found) {
    return new SessionReport(
        command.getId(), host, message.isEmpty(), message, List.copyOf(found), nowNanos);
  }
}
