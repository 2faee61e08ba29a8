package io.pgstitch.collector.send;

import io.pgstitch.collector.encode.EncodedBatch;
import io.pgstitch.collector.send.BrokerLink.Handed;
import io.pgstitch.collector.spool.LossLedger;
import io.pgstitch.collector.spool.Spool;
import io.pgstitch.collector.spool.SpoolStatus;
import java.time.Duration;
import java.util.ArrayDeque;
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
final class BatchCourier {
  /** A batch that Kafka has not acknowledged for so long is copied to the spool. */
  static final long DOUBT_NANOS = TimeUnit.SECONDS.toNanos(2);

  private static final Logger LOG = LoggerFactory.getLogger(BatchCourier.class);
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /** With nothing on its way nothing happens but that a batch comes. */
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final long RESET_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final Duration LAST_ANSWERS = Duration.ofSeconds(5);

  private final BrokerLink link;
  private final Spool spool;
  private final LongSupplier clock;
  private final Queue<EncodedBatch> taken = new ArrayDeque<>();
  private final Window window = new Window();
  private final LossLedger losses = new LossLedger();
  private final AtomicReference<Exception> breakage = new AtomicReference<>();
  private final LongAdder acknowledged = new LongAdder();
  private final Refusals refusals;
  private final Outage outage;

  /** Taken from the spool and not handed over yet. */
  private Spool.Stored read;

  private long retryAt;
  private volatile SpoolStatus status;

  /**
   * @param clock monotonic nanoseconds
   */
  BatchCourier(BrokerLink link, Spool spool, LongSupplier clock) {
    this.link = link;
    this.spool = spool;
    this.clock = clock;
    this.retryAt = clock.getAsLong();
    this.refusals = new Refusals(clock);
    this.outage = new Outage(spool.directory(), clock, spool.hasUnread());
    this.status = spool.status();
    if (outage.lasts()) {
      LOG.info(
          "{} holds {} batches ({} bytes) of an earlier run: they are sent first",
          spool.directory(),
          status.batches(),
          status.bytes());
    }
  }

  /** How long the next turn can wait when no batch comes. */
  long pauseNanos() {
    if (outage.lasts() && spool.hasUnread()) {
      return TimeUnit.MILLISECONDS.toNanos(2);
    }
    if (!window.hasNothingOnItsWay()) {
      return TimeUnit.MILLISECONDS.toNanos(20);
    }
    return outage.lasts() || hasRest() ? RETRY_NANOS : IDLE_NANOS;
  }

  /** Where new batches are put, for {@link #turn} to take. */
  Queue<EncodedBatch> taken() {
    return taken;
  }

  /** Does what there is to do now, without waiting for anything. */
  void turn() {
    settle();
    mend();
    for (EncodedBatch batch : taken) {
      accept(losses.marked(batch));
      if (outage.lasts()) {
        advance(); // at once: a small spool would have to drop what can be sent
      }
    }
    taken.clear();
    if (!outage.lasts() && isStale()) {
      beginOutage("no answer for " + TimeUnit.NANOSECONDS.toSeconds(DOUBT_NANOS) + " s");
    }
    if (outage.lasts() || !window.hasNothingToRepeat()) {
      advance();
      spool.checkpoint();
      status = spool.status();
    }
  }

  /** Lets those go whose end has come, in order. */
  private void settle() {
    for (Flight flight = window.pollSettled(); flight != null; flight = window.pollSettled()) {
      if (flight.refusal() == null) {
        acknowledged.increment();
      } else {
        refusals.add(flight.batch, KafkaLink.words(flight.refusal()));
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
    window.repeatAll();
    retryAt = clock.getAsLong() + RESET_NANOS;
    if (!outage.lasts()) {
      beginOutage(reason);
    }
  }

  private void accept(EncodedBatch batch) {
    if (outage.lasts()) {
      store(batch);
      return;
    }
    EncodedBatch marked = spool.marked(batch);
    if (window.hasNothingToRepeat() && window.hasRoomFor(marked)) {
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
      outage.spooled();
      return;
    }
    if (read == null && !spool.hasUnread() && window.hasRoomFor(batch)) {
      // There is no disk for it, but memory.
      window.repeat(new Flight(batch, null, clock.getAsLong(), breakage));
      return;
    }
    losses.dropped(batch);
    spool.dropped(batch);
  }

  /** Hands a batch over; false when it is not taken now. */
  private boolean hand(EncodedBatch batch, Spool.Position position) {
    Flight flight = new Flight(batch, position, clock.getAsLong(), breakage);
    Handed handed = link.hand(batch, flight);
    switch (handed) {
      case ON_ITS_WAY -> window.add(flight);
      case NEVER -> {
        flight.refused(new IllegalArgumentException(link.lastProblem()));
        window.add(flight);
      }
      case NOT_NOW -> retryAt = clock.getAsLong() + RETRY_NANOS;
    }
    return handed != Handed.NOT_NOW;
  }

  private boolean isStale() {
    return window.isOlderThan(DOUBT_NANOS, clock.getAsLong());
  }

  private void beginOutage(String reason) {
    outage.begin(reason);
    window.forEach(this::copy);
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
    if (outage.lasts()
        && window.hasNothingToRepeat()
        && read == null
        && !spool.hasUnread()
        && !isStale()
        && clock.getAsLong() - retryAt >= 0) {
      outage.end(spool.status().droppedBatches());
    }
  }

  private boolean advanceByOne() {
    Flight first = window.firstToRepeat();
    if (first != null) {
      if (first.isSettled()) {
        window.add(first);
      } else if (window.isTooFullFor(first.batch) || !hand(first.batch, first.position)) {
        return false;
      }
      window.repeated();
      return true;
    }
    if (read == null && !window.isFull()) {
      read = spool.next();
    }
    if (read == null || window.isTooFullFor(read.batch()) || !hand(read.batch(), read.position())) {
      return false;
    }
    read = null;
    return true;
  }

  /** Whether there is anything that Kafka has not acknowledged. */
  boolean hasRest() {
    return !window.isEmpty() || read != null || spool.hasUnread();
  }

  /** Ends its work. What Kafka has not taken stays in the spool. */
  void end() {
    if (hasRest() && !outage.lasts()) {
      beginOutage("it has not answered at the end");
    }
    link.close(hasRest() ? Duration.ZERO : LAST_ANSWERS);
    settle();
    window.forEach(this::giveUp);
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

  /** Ends it at once, after a fault. */
  void abandon() {
    spool.close();
    link.close(Duration.ZERO);
  }

  /** Whether everything new goes behind what is in the spool. */
  boolean isSpooling() {
    return outage.lasts();
  }

  /** Batches that Kafka has. */
  long acknowledged() {
    return acknowledged.sum();
  }

  /** Batches that Kafka will never take. */
  long refused() {
    return refusals.count();
  }

  /** The spool as it was last seen. */
  SpoolStatus status() {
    return status;
  }
}
