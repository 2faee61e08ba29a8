package io.pgstitch.cli;

import io.pgstitch.collector.CollectorStatus;
import io.pgstitch.schema.Topics;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
  /** Whether nothing was lost on the way. Records that are not ours are no loss. */
  boolean isWhole() {
    return refused() == 0
        && collected.lost() == 0
        && collected.failed() == 0
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
    return lines;
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
