package io.pgstitch.collector.send;

import io.pgstitch.collector.encode.EncodedBatch;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * What Kafka has not acknowledged, in order: batches that are on their way, and behind them those
 * that are to be handed over again, or have to wait for their turn in memory.
 */
final class Window {
  /** Bytes of batches that are on their way at most. */
  static final long BYTES = 32 << 20;

  /** Of these only the first ones are on the spool, or all, or none. */
  private final Deque<Flight> flights = new ArrayDeque<>();

  private final Deque<Flight> again = new ArrayDeque<>();
  private long bytes;
  private long againBytes;

  /** This one is on its way. */
  void add(Flight flight) {
    flights.add(flight);
    bytes += flight.bytes();
  }

  /** Takes the oldest away if it has its end; null when it has none yet. */
  Flight pollSettled() {
    Flight oldest = flights.peek();
    if (oldest == null || !oldest.isSettled()) {
      return null;
    }
    bytes -= oldest.bytes();
    return flights.remove();
  }

  /** Everything that is on its way has to be handed over again. */
  void repeatAll() {
    while (!flights.isEmpty()) {
      again.addFirst(flights.removeLast());
    }
    againBytes += bytes;
    bytes = 0;
  }

  /** This one is handed over after all others. */
  void repeat(Flight flight) {
    again.add(flight);
    againBytes += flight.bytes();
  }

  /** The next one that is to be handed over again, null when there is none. */
  Flight firstToRepeat() {
    return again.peek();
  }

  /** That one has been handed over. */
  void repeated() {
    againBytes -= again.remove().bytes();
  }

  boolean hasNothingOnItsWay() {
    return flights.isEmpty();
  }

  boolean hasNothingToRepeat() {
    return again.isEmpty();
  }

  boolean isEmpty() {
    return flights.isEmpty() && again.isEmpty();
  }

  /** Whether a batch more would be held in memory, those that are to be repeated included. */
  boolean hasRoomFor(EncodedBatch batch) {
    long waiting = bytes + againBytes;
    return waiting == 0 || waiting + batch.value().length <= BYTES;
  }

  /** Whether this batch may not be on its way before others have arrived. */
  boolean isTooFullFor(EncodedBatch batch) {
    return bytes > 0 && bytes + batch.value().length > BYTES;
  }

  /** Whether no batch at all may be added. */
  boolean isFull() {
    return bytes >= BYTES;
  }

  /**
   * Whether the oldest has been on its way for some time.
   *
   * @param now monotonic nanoseconds
   */
  boolean isOlderThan(long nanos, long now) {
    Flight oldest = flights.peek();
    return oldest != null && now - oldest.since >= nanos;
  }

  /** All of them, in order. */
  void forEach(Consumer<Flight> action) {
    flights.forEach(action);
    again.forEach(action);
  }
}
