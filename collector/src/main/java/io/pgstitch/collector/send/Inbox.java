package io.pgstitch.collector.send;

import io.pgstitch.collector.encode.EncodedBatch;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Batches between the thread that makes them, which never waits, and the one that sends them. */
final class Inbox {
  private final long mostBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final Queue<EncodedBatch> batches = new ArrayDeque<>();
  private long bytes;
  private boolean closed;

  /**
   * @param mostBytes of values that it holds
   */
  Inbox(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /** Puts a batch in; false when it is full or closed. */
  boolean offer(EncodedBatch batch) {
    lock.lock();
    try {
      if (closed || (bytes > 0 && bytes + batch.value().length > mostBytes)) {
        return false;
      }
      batches.add(batch);
      bytes += batch.value().length;
      if (batches.size() == 1) {
        arrived.signal();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Moves all batches to {@code taken}; when there is none, waits for one up to a time. */
  void take(Queue<EncodedBatch> taken, long waitNanos) throws InterruptedException {
    lock.lock();
    try {
      long left = waitNanos;
      while (batches.isEmpty() && !closed && left > 0) {
        left = arrived.awaitNanos(left);
      }
      taken.addAll(batches);
      batches.clear();
      bytes = 0;
    } finally {
      lock.unlock();
    }
  }

  /** Takes no more; wakes the one that waits. */
  void close() {
    lock.lock();
    try {
      closed = true;
      arrived.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }
}
