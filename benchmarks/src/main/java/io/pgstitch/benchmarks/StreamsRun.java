package io.pgstitch.benchmarks;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Watches a Kafka Streams application on its way through a part of the topic. The first part of it
 * is not timed: for some ten seconds the JVM compiles more than it does anything else.
 */
final class StreamsRun {
  private static final double WARM_UP = 0.6;
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private final Admin admin;
  private final SessionLoad.Part part;

  StreamsRun(Admin admin, SessionLoad.Part part) {
    this.admin = admin;
    this.part = part;
  }

  /** Lets an application that was never started begin at the part. */
  void beginHere(String application) throws ExecutionException, InterruptedException {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    part.from()
        .forEach((partition, offset) -> offsets.put(partition, new OffsetAndMetadata(offset)));
    admin.alterConsumerGroupOffsets(application, offsets).all().get();
  }

  /**
   * Waits until all is processed and committed.
   *
   * @return seconds that all of the part would have taken at the speed after the warm-up
   */
  double seconds(String application, Child process)
      throws ExecutionException, InterruptedException {
    long records = part.records();
    long deadline = System.nanoTime() + LIMIT.toNanos();
    long began = 0;
    long doneAtBegin = 0;
    while (true) {
      long done = done(application);
      long now = System.nanoTime();
      if (began == 0 && done >= WARM_UP * records) {
        began = now;
        doneAtBegin = done;
      }
      if (done >= records) {
        if (doneAtBegin >= records) {
          throw new IllegalStateException("it was too little work to be timed");
        }
        return (now - began) / 1e9 * records / (records - doneAtBegin);
      }
      if (!process.isAlive() || now > deadline) {
        throw new IllegalStateException(
            done + " of " + records + " records were processed: " + process.errors());
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  /** Records of the part whose processing is committed. */
  private long done(String application) throws ExecutionException, InterruptedException {
    Map<TopicPartition, OffsetAndMetadata> committed =
        admin.listConsumerGroupOffsets(application).partitionsToOffsetAndMetadata().get();
    long done = 0;
    for (Map.Entry<TopicPartition, Long> from : part.from().entrySet()) {
      OffsetAndMetadata offset = committed.get(from.getKey());
      if (offset != null) {
        long to = part.to().get(from.getKey());
        done += Math.min(offset.offset(), to) - from.getValue();
      }
    }
    return done;
  }
}
