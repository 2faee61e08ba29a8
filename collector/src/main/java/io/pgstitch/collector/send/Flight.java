package io.pgstitch.collector.send;

import io.pgstitch.collector.encode.EncodedBatch;
import io.pgstitch.collector.spool.Spool;
import java.util.concurrent.atomic.AtomicReference;

/** A batch on its way to Kafka. */
final class Flight implements BrokerLink.Outcome {
  final EncodedBatch batch;
  final long since;

  /** Where the spool has it, null when it does not. */
  Spool.Position position;

  private final AtomicReference<Exception> breakage;
  private volatile boolean settled;
  private volatile Exception refusal;

  /**
   * @param since monotonic nanoseconds
   * @param breakage gets the reason when the link turns out to be broken
   */
  Flight(
      EncodedBatch batch,
      Spool.Position position,
      long since,
      AtomicReference<Exception> breakage) {
    this.batch = batch;
    this.position = position;
    this.since = since;
    this.breakage = breakage;
  }

  @Override
  public void acknowledged() {
    settled = true;
  }

  @Override
  public void refused(Exception reason) {
    refusal = reason;
    settled = true;
  }

  @Override
  public void broken(Exception reason) {
    breakage.compareAndSet(null, reason);
  }

  /** Whether it has its end. */
  boolean isSettled() {
    return settled;
  }

  /** Why Kafka does not want it, null when it does. */
  Exception refusal() {
    return refusal;
  }

  int bytes() {
    return batch.value().length;
  }
}
