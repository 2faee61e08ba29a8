package io.pgstitch.cli;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Ids of which none may come twice; millions of them, so that each takes no more than its bytes.
 */
final class SeenIds {
  private long[] ids = new long[1024];
  private int size;

  /** A trace's or span's id as 32 and 16 hex digits, folded into one number. */
  void add(String traceId, String spanId) {
    if (size == ids.length) {
      ids = Arrays.copyOf(ids, 2 * size);
    }
    ids[size++] =
        Long.parseUnsignedLong(traceId, 16, 32, 16) * 31 + Long.parseUnsignedLong(spanId, 16);
  }

  /** What came more than once, as folded. */
  List<String> doubled() {
    long[] sorted = Arrays.copyOf(ids, size);
    Arrays.sort(sorted);
    return IntStream.range(1, size)
        .filter(i -> sorted[i] == sorted[i - 1])
        .mapToObj(i -> Long.toHexString(sorted[i]))
        .toList();
  }
}
