package io.pgstitch.collector.postgres;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What has to be known of plan trees in one PostgreSQL major: {@code plan-layout.properties},
 * {@code plan-nodes.tsv} and {@code plan-values.tsv}. Immutable.
 */
public final class PlanFacts {
  private static final String NONE = "-";

  private final int major;
  private final Map<String, Integer> layout = new HashMap<>();
  private final Map<Integer, NodeType> nodes = new LinkedHashMap<>();
  private final Map<String, Map<Integer, String>> values = new HashMap<>();

  /**
   * A node type: where in its state lies what, 0 for what it does not have, and which ints of its
   * plan say more.
   *
   * @param name as EXPLAIN's machine-readable forms print it
   * @param detail1 what the first int says, empty for nothing
   * @param detail2 what the second int says, empty for nothing
   */
  public record NodeType(
      String name,
      int members,
      int memberCount,
      int child,
      int childList,
      int relation,
      int index,
      int target,
      int rootTarget,
      String detail1,
      int detail1At,
      String detail2,
      int detail2At) {}

  private PlanFacts(int major, FactSource source) {
    this.major = major;
    if (PostgresFacts.SUPPORTED_MAJORS.contains(major)) {
      read(source);
    }
  }

  private void read(FactSource source) {
    layout.putAll(source.values(major, FactSource.PLANS));
    for (FactFile.Row row : FactFile.read(major, "plan-nodes.tsv", "\t", 15).rows()) {
      nodes.put(
          row.number(0),
          new NodeType(
              row.text(2),
              row.number(3),
              row.number(4),
              row.number(5),
              row.number(6),
              row.number(7),
              row.number(8),
              row.number(9),
              row.number(10),
              row.text(11).equals(NONE) ? "" : row.text(11),
              row.number(12),
              row.text(13).equals(NONE) ? "" : row.text(13),
              row.number(14)));
    }
    for (FactFile.Row row : FactFile.read(major, "plan-values.tsv", "\t", 3).rows()) {
      values.computeIfAbsent(row.text(0), kind -> new HashMap<>()).put(row.number(1), row.text(2));
    }
  }

  /** The facts of a major; none for one that there are no facts of, whose plans are not read. */
  public static PlanFacts ofAny(int major, FactSource source) {
    return new PlanFacts(major, source);
  }

  /**
   * A value of plan-layout.properties, in bytes.
   *
   * @throws IllegalArgumentException if this major has no such field
   */
  public int offset(String key) {
    Integer value = layout.get(key);
    if (value == null) {
      throw new IllegalArgumentException(
          "PostgreSQL "
              + major
              + " has no '"
              + key
              + "' in postgres-facts/"
              + major
              + "/plan-layout.properties");
    }
    return value;
  }

  /** All node types by the NodeTag of their states. */
  public Map<Integer, NodeType> nodes() {
    return Map.copyOf(nodes);
  }

  /** The type with this NodeTag, or null. */
  public NodeType node(int tag) {
    return nodes.get(tag);
  }

  /** The word for an int of a plan, e.g. "Left" for a join's; {@code unknown:N} for a new one. */
  public String word(String kind, int number) {
    return values.getOrDefault(kind, Map.of()).getOrDefault(number, "unknown:" + number);
  }
}
