package io.pgstitch.testkit.trace;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Blocks of a call by kind: {@code shared_hit}, {@code shared_read}, {@code shared_dirtied}, {@code
 * shared_written}, the same four of {@code local}, {@code temp_read} and {@code temp_written}.
 *
 * @param counts those that are not 0
 */
public record BlockCounts(Map<String, Long> counts) {
  /** All kinds. */
  public static final Set<String> KINDS =
      Set.of(
          "shared_hit",
          "shared_read",
          "shared_dirtied",
          "shared_written",
          "local_hit",
          "local_read",
          "local_dirtied",
          "local_written",
          "temp_read",
          "temp_written");

  /** None of any kind. */
  public static final BlockCounts NONE = new BlockCounts(Map.of());

  /** Leaves out what is 0. */
  public BlockCounts {
    Map<String, Long> sorted = new TreeMap<>(counts);
    sorted.values().removeIf(count -> count == 0);
    counts = Map.copyOf(sorted);
  }

  /** What a call line without a star line behind it means. */
  public static BlockCounts ofShared(long physicalReads, long consistentReads, long currentBlocks) {
    return new BlockCounts(
        Map.of(
            "shared_hit",
            consistentReads - physicalReads,
            "shared_read",
            physicalReads,
            "shared_dirtied",
            currentBlocks));
  }

  /** The sum with others. */
  public BlockCounts plus(BlockCounts others) {
    Map<String, Long> sum = new TreeMap<>(counts);
    others.counts.forEach((kind, count) -> sum.merge(kind, count, Long::sum));
    return new BlockCounts(sum);
  }

  /** Blocks of a kind. */
  public long of(String kind) {
    return counts.getOrDefault(kind, 0L);
  }

  /** {@code p} of the call line. */
  public long physicalReads() {
    return of("shared_read") + of("local_read") + of("temp_read");
  }

  /** {@code cr} of the call line. */
  public long consistentReads() {
    return of("shared_hit") + of("local_hit") + physicalReads();
  }

  /** {@code cu} of the call line. */
  public long currentBlocks() {
    return of("shared_dirtied") + of("local_dirtied");
  }

  @Override
  public String toString() {
    return new TreeMap<>(counts).toString();
  }
}
