package io.pgstitch.collector.send;

import io.pgstitch.collector.encode.EncodedBatch;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/**
 * A producer and its broker, whose misfortunes a random number decides: it stops, refuses, answers
 * late, and breaks after it has stored a part of what was on its way.
 */
final class SimulatedBroker implements BrokerLink {
  private record Pending(EncodedBatch batch, Outcome outcome) {}

  /** What it has stored, in order. */
  final List<EncodedBatch> stored = new ArrayList<>();

  boolean up = true;
  boolean refusing;
  boolean neverTakes;
  int closed;

  private final Random random;
  private final Deque<Pending> producer = new ArrayDeque<>();
  private final Deque<Pending> unanswered = new ArrayDeque<>();

  SimulatedBroker(Random random) {
    this.random = random;
  }

  @Override
  public Handed hand(EncodedBatch batch, Outcome outcome) {
    if (neverTakes) {
      return Handed.NEVER;
    }
    if (refusing) {
      return Handed.NOT_NOW;
    }
    producer.add(new Pending(batch, outcome));
    return Handed.ON_ITS_WAY;
  }

  /** Lets some time go by. */
  void work() {
    while (up && !producer.isEmpty() && random.nextInt(20) > 0) {
      Pending pending = producer.remove();
      stored.add(pending.batch);
      unanswered.add(pending);
    }
    while (!unanswered.isEmpty() && random.nextInt(20) > 0) {
      unanswered.remove().outcome.acknowledged();
    }
  }

  /** The link breaks: some of what is on its way is stored, nobody is told. */
  void breakDown() {
    Exception reason = new IllegalStateException("it broke");
    while (up && !producer.isEmpty() && random.nextBoolean()) {
      Pending pending = producer.remove();
      stored.add(pending.batch);
      unanswered.add(pending);
    }
    unanswered.forEach(p -> p.outcome.broken(reason));
    producer.forEach(p -> p.outcome.broken(reason));
    unanswered.clear();
    producer.clear();
  }

  boolean isIdle() {
    return producer.isEmpty() && unanswered.isEmpty();
  }

  @Override
  public String lastProblem() {
    return "not now";
  }

  @Override
  public void reset() {
    close(Duration.ZERO);
  }

  @Override
  public void close(Duration patience) {
    closed++;
    breakDown();
  }
}
