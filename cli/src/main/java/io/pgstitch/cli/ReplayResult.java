package io.pgstitch.cli;

import io.pgstitch.collector.control.Printable;
import io.pgstitch.processor.replay.RawSource;
import io.pgstitch.processor.replay.ReplaySummary;
import io.pgstitch.processor.stitch.Counter;
import io.pgstitch.processor.stitch.StitchCounters;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a replay says at its end. */
final class ReplayResult {
  private final RawSource source;
  private final StitchCounters counters;

  ReplayResult(RawSource source, StitchCounters counters) {
    this.source = source;
    this.counters = counters;
  }

  /** Whether all that the source should have could be read. */
  boolean isWhole() {
    return source.damage().isEmpty();
  }

  /** Whether sinks took everything. */
  static boolean isDelivered(Map<String, Long> delivered) {
    return delivered.entrySet().stream()
        .filter(e -> e.getKey().endsWith(".rejected") || e.getKey().endsWith(".refused_items"))
        .allMatch(e -> e.getValue() == 0);
  }

  List<String> dryRun(ReplaySummary summary) {
    return lines("would replay ", summary, Optional.empty());
  }

  List<String> replayed(ReplaySummary summary, Map<String, Long> delivered) {
    return lines("replayed ", summary, Optional.of(delivered));
  }

  private List<String> lines(
      String verb, ReplaySummary summary, Optional<Map<String, Long>> delivered) {
    List<String> lines = new ArrayList<>();
    lines.add(
        verb
            + summary.traces()
            + " statements of "
            + summary.sessions()
            + " sessions on "
            + summary.hosts().size()
            + " hosts"
            + hosts(summary));
    if (summary.traces() > 0) {
      lines.add(
          "they ran from "
              + utc(summary.firstStartUtcNs())
              + " to "
              + utc(summary.lastEndUtcNs())
              + "; incomplete "
              + summary.incomplete()
              + ", begun before what was read "
              + summary.begunBefore());
    }
    if (summary.leftOut() > 0) {
      lines.add(
          "left out by sampling: the spans of "
              + summary.leftOut()
              + " other statements; --with-left-out has them");
    }
    lines.add("read: " + RunSummary.counters(read()));
    delivered.ifPresent(counts -> lines.add("exported: " + RunSummary.counters(counts)));
    source.damage().ifPresent(lines::add);
    return lines;
  }

  private static String hosts(ReplaySummary summary) {
    return summary.hosts().isEmpty()
        ? ""
        : " (" + Printable.of(String.join(", ", summary.hosts())) + ")";
  }

  private Map<String, Long> read() {
    return Map.of(
        "batches", counters.get(Counter.BATCHES),
        "events", counters.get(Counter.EVENTS),
        "lost_events", counters.get(Counter.LOST_EVENTS),
        "duplicate_batches", counters.get(Counter.DUPLICATE_BATCHES),
        "stale_batches", counters.get(Counter.STALE_BATCHES),
        "overlapping_batches", counters.get(Counter.OVERLAPPING_BATCHES),
        "ignored_batches", counters.get(Counter.IGNORED_BATCHES),
        "not_stitchable", counters.get(Counter.DEAD_LETTERS),
        "not_readable", source.undecodable());
  }

  private static Instant utc(long nanos) {
    return Instant.EPOCH.plusNanos(nanos).truncatedTo(ChronoUnit.MILLIS);
  }
}
