package io.pgstitch.bpf;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A wait that has not ended.
 *
 * @param startNanos CLOCK_MONOTONIC of its begin
 * @param event wait_event_info of PostgreSQL
 * @param holders pids of those who held the heavyweight lock when the wait began, 0 for a prepared
 *     transaction; empty for other waits. As in the ended wait's event, a pid may be there twice
 */
public record WaitNow(long startNanos, int event, List<Integer> holders) {
  private static final int HEAD = 2;

  /** Reads what the native library gives, null for none. */
  static Optional<WaitNow> of(long[] words) {
    if (words == null) {
      return Optional.empty();
    }
    List<Integer> holders =
        Arrays.stream(words, HEAD, words.length).mapToObj(pid -> (int) pid).toList();
    return Optional.of(new WaitNow(words[0], (int) words[1], holders));
  }
}
