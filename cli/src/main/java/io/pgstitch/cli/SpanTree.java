package io.pgstitch.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Draws the spans of one trace as a tree of lines: what, how long, and what it waited for. */
final class SpanTree {
  private static final int NAME_WIDTH = 64;

  /**
   * What takes less than this part of its root's time is left out: it is not where the time went.
   */
  private static final int SMALLEST_PART = 500;

  private final Map<String, List<ExportedSpan>> childrenOf = new HashMap<>();
  private final List<ExportedSpan> roots = new ArrayList<>();

  /** All spans of one trace, in any order. */
  SpanTree(List<ExportedSpan> spans) {
    Map<String, ExportedSpan> byId = new HashMap<>();
    spans.forEach(span -> byId.put(span.spanId(), span));
    List<ExportedSpan> inTime = new ArrayList<>(byId.values());
    inTime.sort(
        Comparator.comparingLong(ExportedSpan::startNanos)
            .thenComparing(ExportedSpan::endNanos, Comparator.reverseOrder()));
    for (ExportedSpan span : inTime) {
      if (byId.containsKey(span.parentSpanId())) {
        childrenOf.computeIfAbsent(span.parentSpanId(), id -> new ArrayList<>()).add(span);
      } else {
        roots.add(span);
      }
    }
  }

  /** The drawing; equal waits of one parent share a line, and what hardly took time is left out. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (ExportedSpan root : roots) {
      lines.add(line("", root.label(), root.durationNanos()));
      draw(root, "", root.durationNanos() / SMALLEST_PART, lines);
    }
    return lines;
  }

  private void draw(ExportedSpan parent, String indent, long least, List<String> lines) {
    List<List<ExportedSpan>> groups =
        groupWaits(childrenOf.getOrDefault(parent.spanId(), List.of())).stream()
            .filter(group -> nanos(group) >= least)
            .toList();
    for (int i = 0; i < groups.size(); i++) {
      List<ExportedSpan> group = groups.get(i);
      boolean last = i == groups.size() - 1;
      ExportedSpan first = group.get(0);
      String label = group.size() == 1 ? first.label() : first.label() + " x" + group.size();
      lines.add(line(indent + (last ? "└─ " : "├─ "), label, nanos(group)));
      if (group.size() == 1) {
        draw(first, indent + (last ? "   " : "│  "), least, lines);
      }
    }
  }

  private static long nanos(List<ExportedSpan> group) {
    return group.stream().mapToLong(ExportedSpan::durationNanos).sum();
  }

  private static List<List<ExportedSpan>> groupWaits(List<ExportedSpan> children) {
    Map<String, List<ExportedSpan>> groups = new LinkedHashMap<>();
    for (ExportedSpan child : children) {
      String key = child.isWait() ? "wait " + child.label() : child.spanId();
      groups.computeIfAbsent(key, k -> new ArrayList<>()).add(child);
    }
    return List.copyOf(groups.values());
  }

  private static String line(String indent, String label, long nanos) {
    String what = indent + label;
    String cut = what.length() > NAME_WIDTH ? what.substring(0, NAME_WIDTH - 1) + "…" : what;
    return String.format(Locale.ROOT, "%-" + NAME_WIDTH + "s %10.3f ms", cut, nanos / 1e6);
  }
}
