package io.pgstitch.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The time that a replay is of, and how much is read around it. */
final class ReplayRange {
  private static final String ALL = "all";

  @Option(
      names = "--from",
      paramLabel = "T",
      description = {
        "Statements that run at this time or later: an instant (2026-03-01T09:00:00Z), a date-time of this host",
        "(2026-03-01T09:00), or a time before now (-15m, -1h30m)."
      })
  private String from;

  @Option(
      names = "--to",
      paramLabel = "T",
      description = "Statements that begin before this time. Default: now.")
  private String to;

  @Option(
      names = "--lead",
      paramLabel = "LENGTH",
      defaultValue = "1h",
      description = {
        "How long before --from events are read at most, for the beginnings of statements and sessions; 'all' for all that",
        "is retained. Default: ${DEFAULT-VALUE}."
      })
  private String lead;

  @Option(
      names = "--tail",
      paramLabel = "LENGTH",
      defaultValue = "1h",
      description =
          "How long after --to events are read at most, for the ends of statements. Default: ${DEFAULT-VALUE}.")
  private String tail;

  private final TimeText times = new TimeText(Instant.now(), ZoneId.systemDefault());

  /**
   * Moments, in order.
   *
   * @param from begin of the range; empty for an open one
   * @param to its end; empty for an open one
   */
  record Range(Optional<Instant> from, Optional<Instant> to, Instant readFrom, Instant readTo) {}

  /** The range of a recording, which may be open. */
  Range ofRecording() {
    Optional<Instant> begin = Optional.ofNullable(from).map(text -> times.moment("--from", text));
    Optional<Instant> end = Optional.ofNullable(to).map(text -> times.moment("--to", text));
    requireOrder(begin, end);
    return new Range(begin, end, Instant.EPOCH, Instant.MAX);
  }

  /** The range of what Kafka retains. */
  Range ofKafka() {
    if (from == null) {
      throw CommandFailure.usage(
          "it is not said what is to be replayed",
          "Give --from T, and --to T unless it is now, for what Kafka retains; or --file FILE.avro for a recording.");
    }
    Instant begin = times.moment("--from", from);
    Instant end = to == null ? times.now() : times.moment("--to", to);
    if (end.isAfter(times.now())) {
      throw CommandFailure.usage(
          "--to " + to + " has not come yet", "Leave it out to replay up to now.");
    }
    requireOrder(Optional.of(begin), Optional.of(end));
    Instant readFrom = lead.equals(ALL) ? Instant.EPOCH : begin.minus(length("--lead", lead));
    return new Range(
        Optional.of(begin), Optional.of(end), readFrom, end.plus(length("--tail", tail)));
  }

  private static Duration length(String option, String text) {
    return TimeText.length(option, text);
  }

  private static void requireOrder(Optional<Instant> from, Optional<Instant> to) {
    if (from.isPresent() && to.isPresent() && !from.get().isBefore(to.get())) {
      throw CommandFailure.usage(
          "--from " + from.get() + " is not before --to " + to.get(), "Exchange them.");
    }
  }
}
