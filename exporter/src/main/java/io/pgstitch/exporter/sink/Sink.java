package io.pgstitch.exporter.sink;

import java.util.List;

/**
 * A destination. Used by one thread at a time.
 *
 * @param <T> type of the records it takes
 */
public interface Sink<T> extends AutoCloseable {

  /**
   * Delivers a batch and waits until the outcome is durable: what the answer does not name as
   * rejected or to be retried must survive a crash of this process, for its offsets are committed
   * next.
   *
   * @param batch records in the order of their partitions; may hold records that were delivered
   *     before, after a crash or a rebalance
   * @return what became of each record
   */
  Answer<T> deliver(List<SinkRecord<T>> batch);

  /** Writes out what is held and lets go of resources. Called once, after the last batch. */
  @Override
  void close();
}
