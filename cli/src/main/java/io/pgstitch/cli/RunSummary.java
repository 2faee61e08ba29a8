package io.pgstitch.cli;

import io.pgstitch.collector.CollectorStatus;
import io.pgstitch.collector.spool.SpoolStatus;
import io.pgstitch.schema.Topics;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a run of the pipeline saw and delivered.
 *
 * @param servers counts of traces by server
 * @param exported the exporter's counters
 * @param processed the processor's counters
 * @param collected the collector's last status
 */
record RunSummary(
    List<ServerTally> servers,
    Map<String, Long> exported,
    Map<String, Long> processed,
    CollectorStatus collected) {
  private static final String KEPT = "kept_";

  /** Whether nothing was lost on the way. Records that are not ours are no loss. */
  boolean isWhole() {
    return refused() == 0
        && collected.isWhole()
        && servers.stream().allMatch(server -> server.lostEvents() == 0);
  }

  /** The table and the counters that are not zero, for people. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    int width = servers.stream().mapToInt(s -> s.server().length()).max().orElse(0);
    width = Math.max(width, "server".length());
    lines.add(row(width, "server", "statements", "incomplete", "lost events"));
    ServerTally total = new ServerTally("total", 0, 0, 0);
    for (ServerTally server : servers) {
      lines.add(row(width, server));
      total = total.plus(server);
    }
    lines.add(row(width, total));
    lines.add(
        "collected: events "
            + collected.events()
            + ", lost "
            + collected.lost()
            + ", batches refused by Kafka "
            + collected.failed());
    spoolLine(collected.spool()).ifPresent(lines::add);
    if (deadLetters() > 0) {
      lines.add(
          "dead letters: "
              + deadLetters()
              + " records could not be read or delivered; they are in topic "
              + Topics.DEAD_LETTERS
              + ", the reason in their headers");
    }
    lines.add("exported: " + counters(exported));
    lines.add("processed: " + counters(processed));
    samplingLine().ifPresent(lines::add);
    return lines;
  }

  /** What sampling rules made of the statements, empty when none was in force. */
  private Optional<String> samplingLine() {
    Map<String, Long> kept = new TreeMap<>();
    processed.forEach(
        (name, value) -> {
          if (name.startsWith(KEPT)) {
            kept.put(name.substring(KEPT.length()), value);
          }
        });
    long leftOut = processed.getOrDefault("left_out", 0L);
    long all = kept.values().stream().mapToLong(Long::longValue).sum() + leftOut;
    if (all == kept.getOrDefault("no_rule", 0L)) {
      return Optional.empty();
    }
    return Optional.of(
        "sampled: of "
            + all
            + " statements the spans of "
            + leftOut
            + " left out; kept: "
            + counters(kept));
  }

  /** What Kafka did not get, empty when it got everything. */
  private static Optional<String> spoolLine(SpoolStatus spool) {
    if (spool.droppedBatches() == 0 && spool.batches() == 0) {
      return Optional.empty();
    }
    return Optional.of(
        "spool: "
            + spool.batches()
            + " batches wait in "
            + spool.directory()
            + " for the next start, events dropped because it was full "
            + spool.droppedFull()
            + ", because of the disk "
            + spool.droppedDisk()
            + ", because they came too fast "
            + spool.droppedQueue());
  }

  private long deadLetters() {
    return processed.getOrDefault("dead_letters", 0L) + exported(".dead_lettered");
  }

  /** Records and spans of ours that no destination will ever have. */
  private long refused() {
    return processed.getOrDefault("outputs_too_large", 0L)
        + exported(".rejected")
        + exported(".refused_items");
  }

  private long exported(String counter) {
    return exported.entrySet().stream()
        .filter(count -> count.getKey().endsWith(counter))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  private static String row(int width, ServerTally tally) {
    return row(
        width,
        tally.server(),
        number(tally.statements()),
        number(tally.incomplete()),
        number(tally.lostEvents()));
  }

  private static String row(
      int width, String server, String statements, String incomplete, String lost) {
    return String.format(
        Locale.ROOT, "%-" + width + "s  %10s  %10s  %11s", server, statements, incomplete, lost);
  }

  private static String number(long value) {
    return Long.toString(value);
  }

  /** Those that are not zero, by name. */
  static String counters(Map<String, Long> counters) {
    StringBuilder text = new StringBuilder();
    new TreeMap<>(counters)
        .forEach(
            (name, value) -> {
              if (value != 0) {
                text.append(text.isEmpty() ? "" : ", ").append(name).append(' ').append(value);
              }
            });
    return text.isEmpty() ? "nothing" : text.toString();
  }
}
