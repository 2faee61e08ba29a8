package io.pgstitch.collector.spool;

import io.pgstitch.collector.encode.EncodedBatch;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What was dropped of each backend since its last batch went by, until its next one takes it along.
 * Bounded: of a backend that is forgotten, the sequence numbers alone tell the gap.
 */
public final class LossLedger {
  private static final int MOST_BACKENDS = 65_536;

  private record Stream(String key, int pid, long startNanos) {
    static Stream of(EncodedBatch batch) {
      return new Stream(batch.key(), batch.pid(), batch.startNanos());
    }
  }

  private record Loss(long lost, long dropped) {}

  private final Map<Stream, Loss> losses = new LinkedHashMap<>();

  /** This batch is dropped. */
  public void dropped(EncodedBatch batch) {
    Loss loss = new Loss(batch.lostBefore() + batch.span(), batch.droppedBefore() + batch.span());
    losses.merge(
        Stream.of(batch), loss, (a, b) -> new Loss(a.lost + b.lost, a.dropped + b.dropped));
    if (losses.size() > MOST_BACKENDS) {
      losses.remove(losses.keySet().iterator().next());
    }
  }

  /** The batch with what was dropped before it. */
  public EncodedBatch marked(EncodedBatch batch) {
    if (losses.isEmpty()) {
      return batch;
    }
    Loss loss = losses.remove(Stream.of(batch));
    return loss == null ? batch : batch.afterLossOf(loss.lost, loss.dropped);
  }
}
