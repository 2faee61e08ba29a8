package io.pgstitch.collector.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Reads hash tables in a server's shared memory (utils/hash/dynahash.c), of processes that go on
 * changing them. Whatever is found there, the walk ends.
 */
final class SharedTable {
  /** Far more than the tables that are read here have. */
  private static final int MOST_BUCKETS = 1 << 14;

  private static final int MOST_ENTRIES = 1 << 14;

  private final BackendMemory memory;
  private final Map<String, Integer> layout;

  /**
   * @param layout offsets, by the keys of custom-waits.properties
   */
  SharedTable(BackendMemory memory, Map<String, Integer> layout) {
    this.memory = memory;
    this.layout = layout;
  }

  /**
   * Addresses of all entries of a table.
   *
   * @param header address of its HASHHDR; 0 has none
   */
  List<Long> entries(long header) {
    List<Long> entries = new ArrayList<>();
    long buckets = 1 + (memory.word(header + layout.get("hash.max_bucket")) & 0xffffffffL);
    long segment = memory.word(header + layout.get("hash.segment_size"));
    if (header == 0 || buckets > MOST_BUCKETS || segment < 1 || segment > MOST_BUCKETS) {
      return entries;
    }
    for (long bucket = 0; bucket < buckets; bucket++) {
      long inSegment =
          memory.word(header + layout.get("hash.directory") + Long.BYTES * (bucket / segment));
      long element = inSegment == 0 ? 0 : memory.word(inSegment + Long.BYTES * (bucket % segment));
      while (element != 0 && entries.size() < MOST_ENTRIES) {
        entries.add(element + layout.get("hash.element_size"));
        element = memory.word(element);
      }
    }
    return entries;
  }
}
