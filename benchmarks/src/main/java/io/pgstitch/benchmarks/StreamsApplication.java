package io.pgstitch.benchmarks;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * A Kafka Streams application in a process of its own, which is given sessions again and again: it
 * is started and warmed up once. Sessions appear in its topic all at once, when their transaction
 * is committed, so that writing them takes nothing from what is timed.
 */
final class StreamsApplication implements AutoCloseable {
  /** What is committed first is not timed: until then it waits. */
  private static final double BEGIN = 0.1;

  private static final Duration LIMIT = Duration.ofMinutes(5);

  private final Admin admin;
  private final SessionLoad load;
  private final String topic;
  private final String name;
  private final Child process;

  /** How fast it was. */
  record Speed(double eventsPerSecond, double megabytesPerSecond) {}

  /**
   * Starts one that begins where its topic ends.
   *
   * @param name its application id
   */
  StreamsApplication(
      Admin admin, SessionLoad load, String topic, String name, Supplier<Child> process)
      throws ExecutionException, InterruptedException {
    this.admin = admin;
    this.load = load;
    this.topic = topic;
    this.name = name;
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    for (int i = 0; i < Broker.PARTITIONS; i++) {
      TopicPartition partition = new TopicPartition(topic, i);
      long end =
          admin
              .listOffsets(Map.of(partition, OffsetSpec.latest()))
              .partitionResult(partition)
              .get()
              .offset();
      offsets.put(partition, new OffsetAndMetadata(end));
    }
    admin.alterConsumerGroupOffsets(name, offsets).all().get();
    this.process = process.get();
  }

  /**
   * Gives it sessions and waits until all are processed and committed.
   *
   * @param concurrent how many of them run at once
   */
  Speed process(int sessions, int concurrent) throws ExecutionException, InterruptedException {
    return process(load.write(topic, sessions, concurrent));
  }

  /** Waits until all of what was written to its topic is processed and committed. */
  Speed process(SessionLoad.Part part) throws ExecutionException, InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    long began = 0;
    long doneAtBegin = 0;
    while (true) {
      long done = done(part);
      long now = System.nanoTime();
      if (began == 0 && done >= BEGIN * part.records()) {
        began = now;
        doneAtBegin = done;
      }
      if (done >= part.records()) {
        if (doneAtBegin >= part.records()) {
          throw new IllegalStateException("it was too little work to be timed");
        }
        double seconds = (now - began) / 1e9 * part.records() / (part.records() - doneAtBegin);
        return new Speed(part.events() / seconds, part.bytes() / 1e6 / seconds);
      }
      if (!process.isAlive() || now > deadline) {
        throw new IllegalStateException(
            done + " of " + part.records() + " records were processed: " + process.errors());
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  /** Records of the part whose processing is committed. */
  private long done(SessionLoad.Part part) throws ExecutionException, InterruptedException {
    Map<TopicPartition, OffsetAndMetadata> committed =
        admin.listConsumerGroupOffsets(name).partitionsToOffsetAndMetadata().get();
    long done = 0;
    for (Map.Entry<TopicPartition, Long> from : part.from().entrySet()) {
      OffsetAndMetadata offset = committed.get(from.getKey());
      if (offset != null) {
        long to = part.to().get(from.getKey());
        done += Math.max(0, Math.min(offset.offset(), to) - from.getValue());
      }
    }
    return done;
  }

  @Override
  public void close() {
    process.close();
  }
}
