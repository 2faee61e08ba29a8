package io.pgstitch.collector.send;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has a courier bring what comes into the inbox until that is closed, and then what is left as long
 * as Kafka takes it.
 */
final class CourierLoop implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(CourierLoop.class);

  private final Inbox inbox;
  private final BatchCourier courier;
  private final LongSupplier clock;
  private volatile Throwable failure;

  /**
   * @param clock monotonic nanoseconds
   */
  CourierLoop(Inbox inbox, BatchCourier courier, LongSupplier clock) {
    this.inbox = inbox;
    this.courier = courier;
    this.clock = clock;
  }

  @Override
  public void run() {
    try {
      while (!inbox.isClosed()) {
        inbox.take(courier.taken(), courier.pauseNanos());
        courier.turn();
      }
      inbox.take(courier.taken(), 0);
      finish();
    } catch (InterruptedException e) {
      fail(e);
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      fail(e);
    }
  }

  private void finish() throws InterruptedException {
    StopPatience patience = new StopPatience(clock, courier.acknowledged());
    courier.turn();
    while (courier.hasRest() && !patience.isOver(courier.acknowledged())) {
      TimeUnit.MILLISECONDS.sleep(2);
      courier.turn();
    }
    courier.end();
  }

  private void fail(Throwable e) {
    failure = e;
    LOG.error("the collector stopped sending events: {}", e.toString(), e);
    inbox.close();
    courier.abandon();
  }

  /** What ended it before its time, or null. */
  Throwable failure() {
    return failure;
  }
}
