package io.pgstitch.collector.send;

import io.pgstitch.collector.encode.EncodedBatch;
import io.pgstitch.collector.send.BrokerLink.Handed;
import io.pgstitch.collector.spool.LossLedger;
import io.pgstitch.collector.spool.Spool;
import io.pgstitch.collector.spool.SpoolStatus;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings batches to Kafka in the order in which they come. While all is well each goes straight to
 * the producer. When the producer has an old one still, has too many, or takes none, what is on its
 * way is copied to the spool and everything new goes behind it, until the spool has been sent.
 */
final class BatchCourier implements Runnable {
  /** A batch that Kafka has not acknowledged for so long is copied to the spool. */
  static final long DOUBT_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** Bytes of batches that are on their way at most. */
  static final long WINDOW_BYTES = 32 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(BatchCourier.class);
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long RESET_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long STOP_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long STOP_STALLED_NANOS = TimeUnit.SECONDS.toNanos(3);
  private static final long REFUSALS_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final Duration LAST_ANSWERS = Duration.ofSeconds(5);

  private final Inbox inbox;
  private final BrokerLink link;
  private final Spool spool;
  private final LongSupplier clock;
  private final Queue<EncodedBatch> taken = new ArrayDeque<>();

  /** On their way, in order; of these only the first ones are on the spool, or all, or none. */
  private final Deque<Flight> flights = new ArrayDeque<>();

  /** To be handed over again after the link was broken. */
  private final Deque<Flight> again = new ArrayDeque<>();

  private final LossLedger losses = new LossLedger();
  private final AtomicReference<Exception> breakage = new AtomicReference<>();
  private Spool.Stored read;
  private long flightBytes;
  private long againBytes;
  private long retryAt;
  private boolean spooling;
  private long spoolingSince;
  private long spooled;
  private long refusalSaidAt;
  private final LongAdder acknowledged = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private volatile SpoolStatus status;
  private volatile Throwable failure;

  /**
   * @param clock monotonic nanoseconds
   */
  BatchCourier(Inbox inbox, BrokerLink link, Spool spool, LongSupplier clock) {
    this.inbox = inbox;
    this.link = link;
    this.spool = spool;
    this.clock = clock;
    this.retryAt = clock.getAsLong();
    this.spooling = spool.hasUnread();
    this.spoolingSince = retryAt;
    this.status = spool.status();
    if (spooling) {
      LOG.info(
          "{} holds {} batches ({} bytes) of an earlier run: they are sent first",
          spool.directory(),
          status.batches(),
          status.bytes());
    }
  }

  @Override
  public void run() {
    try {
      while (!inbox.isClosed()) {
        inbox.take(taken, pauseNanos());
        turn();
      }
      inbox.take(taken, 0);
      finish();
    } catch (InterruptedException e) {
      fail(e);
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      fail(e);
    }
  }

  private void fail(Throwable e) {
    failure = e;
    LOG.error("the collector stopped sending events: {}", e.toString(), e);
    inbox.close();
    spool.close();
    link.close(Duration.ZERO);
  }

  private long pauseNanos() {
    long millis = spooling && spool.hasUnread() ? 2 : flights.isEmpty() ? 200 : 20;
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }

  /** What was put into the inbox, for {@link #turn} to take. */
  Queue<EncodedBatch> taken() {
    return taken;
  }

  /** Does what there is to do now, without waiting for anything. */
  void turn() {
    settle();
    mend();
    for (EncodedBatch batch : taken) {
      accept(losses.marked(batch));
      if (spooling) {
        advance(); // at once: a small spool would have to drop what can be sent
      }
    }
    taken.clear();
    if (!spooling && isStale()) {
      beginOutage("no answer for " + TimeUnit.NANOSECONDS.toSeconds(DOUBT_NANOS) + " s");
    }
    if (spooling || !again.isEmpty()) {
      advance();
      spool.checkpoint();
      status = spool.status();
    }
  }

  /** Lets those go whose end has come, in order. */
  private void settle() {
    for (Flight flight = flights.peek();
        flight != null && flight.isSettled();
        flight = flights.peek()) {
      flights.remove();
      flightBytes -= flight.bytes();
      if (flight.refusal() == null) {
        acknowledged.increment();
      } else {
        refused(flight.batch, KafkaLink.words(flight.refusal()));
      }
      if (flight.position != null) {
        spool.acknowledge(flight.position);
        status = spool.status();
      }
    }
  }

  /** Begins anew with a link that has broken. */
  private void mend() {
    if (breakage.get() == null) {
      return;
    }
    link.reset();
    String reason = KafkaLink.words(breakage.getAndSet(null));
    settle();
    while (!flights.isEmpty()) {
      again.addFirst(flights.removeLast());
    }
    againBytes += flightBytes;
    flightBytes = 0;
    retryAt = clock.getAsLong() + RESET_NANOS;
    if (!spooling) {
      beginOutage(reason);
    }
  }

  private void accept(EncodedBatch batch) {
    if (spooling) {
      store(batch);
      return;
    }
    EncodedBatch marked = spool.marked(batch);
    if (again.isEmpty() && hasRoom(marked)) {
      if (hand(marked, null)) {
        return;
      }
      beginOutage(link.lastProblem());
    } else {
      beginOutage("it is slower than the events come");
    }
    store(marked);
  }

  private void store(EncodedBatch batch) {
    if (spool.append(batch) != null) {
      spooled++;
      return;
    }
    if (read == null && !spool.hasUnread() && hasRoom(batch)) {
      // There is no disk for it, but memory.
      again.add(new Flight(batch, null, clock.getAsLong(), breakage));
      againBytes += batch.value().length;
      return;
    }
    losses.dropped(batch);
    spool.dropped(batch);
  }

  private boolean hasRoom(EncodedBatch batch) {
    long waiting = flightBytes + againBytes;
    return waiting == 0 || waiting + batch.value().length <= WINDOW_BYTES;
  }

  /** Hands a batch over; false when it is not taken now. */
  private boolean hand(EncodedBatch batch, Spool.Position position) {
    Flight flight = new Flight(batch, position, clock.getAsLong(), breakage);
    Handed handed = link.hand(batch, flight);
    switch (handed) {
      case ON_ITS_WAY -> add(flight);
      case NEVER -> {
        flight.refused(new IllegalArgumentException(link.lastProblem()));
        add(flight);
      }
      case NOT_NOW -> retryAt = clock.getAsLong() + RETRY_NANOS;
    }
    return handed != Handed.NOT_NOW;
  }

  private void add(Flight flight) {
    flights.add(flight);
    flightBytes += flight.bytes();
  }

  private boolean isStale() {
    Flight oldest = flights.peek();
    return oldest != null && clock.getAsLong() - oldest.since >= DOUBT_NANOS;
  }

  private void beginOutage(String reason) {
    spooling = true;
    spoolingSince = clock.getAsLong();
    spooled = 0;
    LOG.warn("Kafka takes no events ({}): they are kept in {}", reason, spool.directory());
    flights.forEach(this::copy);
    again.forEach(this::copy);
  }

  /** For the case that this process ends before Kafka has it. */
  private void copy(Flight flight) {
    if (flight.position == null) {
      flight.position = spool.append(flight.batch);
      spool.skipUnread();
    }
  }

  /** Hands over what waits, and ends the outage when nothing does. */
  private void advance() {
    while (clock.getAsLong() - retryAt >= 0 && advanceByOne()) {
      // as far as it goes
    }
    if (spooling
        && again.isEmpty()
        && read == null
        && !spool.hasUnread()
        && !isStale()
        && clock.getAsLong() - retryAt >= 0) {
      endOutage();
    }
  }

  private boolean advanceByOne() {
    Flight first = again.peek();
    if (first != null) {
      if (first.isSettled()) {
        add(first);
      } else if (isOverWindow(first.batch) || !hand(first.batch, first.position)) {
        return false;
      }
      again.remove();
      againBytes -= first.bytes();
      return true;
    }
    if (read == null && flightBytes < WINDOW_BYTES) {
      read = spool.next();
    }
    if (read == null || isOverWindow(read.batch()) || !hand(read.batch(), read.position())) {
      return false;
    }
    read = null;
    return true;
  }

  private boolean isOverWindow(EncodedBatch batch) {
    return flightBytes > 0 && flightBytes + batch.value().length > WINDOW_BYTES;
  }

  private void endOutage() {
    spooling = false;
    SpoolStatus now = spool.status();
    LOG.info(
        "Kafka takes events again after {} s: {} batches went through the spool, {} have been"
            + " dropped since the start",
        TimeUnit.NANOSECONDS.toSeconds(clock.getAsLong() - spoolingSince),
        spooled,
        now.droppedBatches());
  }

  private void refused(EncodedBatch batch, String reason) {
    refused.increment();
    if (refused() == 1 || clock.getAsLong() - refusalSaidAt >= REFUSALS_NANOS) {
      refusalSaidAt = clock.getAsLong();
      LOG.error(
          "Kafka refuses a batch of {} events ({} bytes) of {}: {}; it is dropped, the {}. since"
              + " the start; its traces will be marked",
          batch.events(),
          batch.value().length,
          batch.key(),
          reason,
          refused());
    }
  }

  private boolean hasRest() {
    return !flights.isEmpty() || !again.isEmpty() || read != null || spool.hasUnread();
  }

  /** Sends what there is, as long as Kafka takes it; the rest stays in the spool. */
  private void finish() throws InterruptedException {
    long deadline = clock.getAsLong() + STOP_NANOS;
    long progressAt = clock.getAsLong();
    long progress = acknowledged();
    turn();
    while (hasRest()
        && clock.getAsLong() - deadline < 0
        && clock.getAsLong() - progressAt < STOP_STALLED_NANOS) {
      TimeUnit.MILLISECONDS.sleep(2);
      turn();
      if (acknowledged() != progress) {
        progress = acknowledged();
        progressAt = clock.getAsLong();
      }
    }
    if (hasRest() && !spooling) {
      beginOutage("it has not answered at the end");
    }
    link.close(hasRest() ? Duration.ZERO : LAST_ANSWERS);
    settle();
    flights.forEach(this::giveUp);
    again.forEach(this::giveUp);
    status = spool.status();
    spool.close();
    if (status.batches() > 0) {
      LOG.warn(
          "{} batches ({} bytes) that Kafka did not take are left in {}; the next start sends them",
          status.batches(),
          status.bytes(),
          spool.directory());
    }
  }

  /** What is in no file ends with this process. */
  private void giveUp(Flight flight) {
    if (flight.position == null && !flight.isSettled()) {
      spool.dropped(flight.batch);
    }
  }

  /** Whether everything new goes behind what is in the spool. */
  boolean isSpooling() {
    return spooling;
  }

  /** Batches that Kafka has. */
  long acknowledged() {
    return acknowledged.sum();
  }

  /** Batches that Kafka will never take. */
  long refused() {
    return refused.sum();
  }

  /** The spool as it was last seen. */
  SpoolStatus status() {
    return status;
  }

  /** What ended the thread before its time, or null. */
  Throwable failure() {
    return failure;
  }
}
