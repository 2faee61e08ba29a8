package io.pgstitch.collector.send;

import io.pgstitch.collector.encode.BatchSink;
import io.pgstitch.collector.encode.EncodedBatch;
import io.pgstitch.collector.spool.Framing;
import io.pgstitch.collector.spool.Spool;
import io.pgstitch.collector.spool.SpoolSettings;
import io.pgstitch.collector.spool.SpoolStatus;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Takes batches without ever waiting, and has a thread that brings them to Kafka, through a spool
 * on disk while Kafka is away. What it must drop is counted, and said in the next batch of the
 * backend.
 */
public final class SpoolingSender implements BatchSink, AutoCloseable {
  /** Batches that the thread has not got round to, e.g. while the disk is slow. */
  private static final long INBOX_BYTES = 32 << 20;

  private static final long STOP_MILLIS = TimeUnit.SECONDS.toMillis(60);

  private final Inbox inbox;
  private final BatchCourier courier;
  private final CourierLoop loop;
  private final Thread thread;
  private final LongAdder overrunBatches = new LongAdder();
  private final LongAdder overrun = new LongAdder();

  private SpoolingSender(Inbox inbox, BatchCourier courier) {
    this.inbox = inbox;
    this.courier = courier;
    this.loop = new CourierLoop(inbox, courier, System::nanoTime);
    this.thread = new Thread(loop, "pgstitch-courier");
  }

  /**
   * Opens the spool and begins with what an earlier run left in it.
   *
   * @param kafka settings of the producer
   * @param framing of the values that it will be given
   * @throws io.pgstitch.collector.spool.SpoolException when the spool cannot be used
   */
  public static SpoolingSender start(
      Map<String, String> kafka, SpoolSettings spoolSettings, Framing framing) {
    Spool spool = Spool.open(spoolSettings, framing);
    try {
      KafkaLink link = new KafkaLink(kafka);
      link.warmUp();
      Inbox inbox = new Inbox(INBOX_BYTES);
      SpoolingSender sender =
          new SpoolingSender(inbox, new BatchCourier(link, spool, System::nanoTime));
      sender.thread.start();
      return sender;
    } catch (RuntimeException e) {
      spool.close();
      throw e;
    }
  }

  @Override
  public boolean take(EncodedBatch batch) {
    if (inbox.offer(batch)) {
      return true;
    }
    overrunBatches.increment();
    overrun.add(batch.span());
    return false;
  }

  /** Batches that Kafka has. */
  public long acknowledged() {
    return courier.acknowledged();
  }

  /** Batches that Kafka will never take. */
  public long refused() {
    return courier.refused();
  }

  /** What waits on disk, and what was dropped. */
  public SpoolStatus spool() {
    return courier.status().plusOverrun(overrunBatches.sum(), overrun.sum());
  }

  /** What ended the work before its time, or null. */
  public Throwable failure() {
    return loop.failure();
  }

  /** Sends what there is as long as Kafka takes it; the rest stays in the spool. */
  @Override
  public void close() {
    inbox.close();
    try {
      thread.join(STOP_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
