package io.pgstitch.processor.replay;

import io.pgstitch.schema.QueryTrace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.apache.avro.Schema;

/**
 * Parallel workers' shares of one stream, which are chosen with their leader's trace, whenever they
 * ran themselves. They go out before it ends, or after it when their batches came late.
 */
final class WorkerShares {
  private final BiConsumer<String, QueryTrace> chosen;
  private final Map<String, List<Share>> undecided = new HashMap<>();
  private final Set<String> chosenLeaders = new HashSet<>();

  /** The last part of a worker's trace, without its spans. */
  private record Share(String key, QueryTrace last) {}

  /**
   * Knows of none.
   *
   * @param chosen takes key and last part, without spans, of each share that is chosen
   */
  WorkerShares(BiConsumer<String, QueryTrace> chosen) {
    this.chosen = chosen;
  }

  /** A share's last part. */
  void ended(String key, QueryTrace last) {
    String leader = last.getLeader().getTraceId();
    if (chosenLeaders.contains(leader)) {
      chosen.accept(key, last);
    } else {
      undecided
          .computeIfAbsent(leader, id -> new ArrayList<>())
          .add(new Share(key, withoutSpans(last)));
    }
  }

  /** Whether a trace is chosen that may have had workers. */
  void decided(QueryTrace leader, boolean isChosen) {
    List<Share> shares = undecided.remove(leader.getTraceId());
    if (!isChosen) {
      return;
    }
    if (leader.getWorkersLaunched() > 0) {
      chosenLeaders.add(leader.getTraceId());
    }
    if (shares != null) {
      shares.forEach(share -> chosen.accept(share.key(), share.last()));
    }
  }

  private static QueryTrace withoutSpans(QueryTrace trace) {
    QueryTrace copy = new QueryTrace();
    for (Schema.Field field : trace.getSchema().getFields()) {
      copy.put(field.pos(), trace.get(field.pos()));
    }
    copy.setSpans(List.of());
    return copy;
  }
}
