package io.pgstitch.exporter.runner;

import io.pgstitch.exporter.sink.Sink;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes records of one topic to one sink, on a thread of its own: reads a batch, delivers it,
 * commits its offsets, reads the next. While a batch cannot be delivered the partitions are paused
 * and polling goes on, so that the consumer stays in its group.
 *
 * @param <T> type of the records
 */
public final class SinkRunner<T> implements AutoCloseable, ConsumerRebalanceListener {

  private static final Logger LOG = LoggerFactory.getLogger(SinkRunner.class);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration ANSWER_PATIENCE = Duration.ofSeconds(15);
  private static final Duration CLOSE_PATIENCE = Duration.ofMinutes(2);

  private final String name;
  private final String topic;
  private final Consumer<byte[], byte[]> consumer;
  private final Sink<T> sink;
  private final Delivery<T> delivery;
  private final SinkCounters counters;
  private final HostFilter hosts;
  private final Hold hold;
  private final Pending<T> pending = new Pending<>();
  private final Queue<CompletableFuture<Boolean>> questions = new ConcurrentLinkedQueue<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread;

  /**
   * A runner that is not running yet. It closes consumer and sink at its end.
   *
   * @param name name of the sink
   * @param topic topic to read
   * @param consumer in the group of this sink, without automatic commits
   * @param hosts whose records go to the sink; those of others are passed over
   * @param retry waits between attempts
   */
  public SinkRunner(
      String name,
      String topic,
      Consumer<byte[], byte[]> consumer,
      RecordDecoder<T> decoder,
      Sink<T> sink,
      DeadLetters deadLetters,
      SinkCounters counters,
      HostFilter hosts,
      RetrySettings retry) {
    this.name = name;
    this.topic = topic;
    this.consumer = consumer;
    this.sink = sink;
    this.counters = counters;
    this.hosts = hosts;
    this.delivery = new Delivery<>(name, decoder, sink, deadLetters, counters);
    this.hold = new Hold(name, new Backoff(retry.first(), retry.longest()), System::nanoTime);
    this.thread = new Thread(this::run, "pgstitch-exporter-" + name);
  }

  /** Starts the thread. */
  public void start() {
    thread.start();
  }

  /** What was counted, by name. */
  public Map<String, Long> counters() {
    return counters.snapshot();
  }

  /** Whether its thread runs. */
  public boolean isRunning() {
    return thread.isAlive();
  }

  /**
   * Whether, at a moment after this call, everything in the assigned partitions was delivered and
   * committed. False too while no partition is assigned or the thread is busy for long.
   */
  public boolean caughtUp() {
    CompletableFuture<Boolean> question = new CompletableFuture<>();
    questions.add(question);
    try {
      return isRunning() && question.get(ANSWER_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Begins what {@link #close} waits for. */
  public void requestClose() {
    closing.countDown();
  }

  /**
   * Tries once more to deliver what is pending, commits, closes the sink and leaves the group.
   * Idempotent.
   */
  @Override
  public void close() {
    requestClose();
    if (thread.getState() == Thread.State.NEW) {
      closeQuietly(sink::close);
      closeQuietly(consumer::close);
      return;
    }
    try {
      thread.join(CLOSE_PATIENCE.toMillis());
      if (thread.isAlive()) {
        LOG.warn("sink {} did not come to its end within {}", name, CLOSE_PATIENCE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
    if (!pending.isEmpty()) {
      consumer.pause(partitions);
    }
  }

  @Override
  public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
    int before = pending.undecided();
    pending.drop(partitions);
    counters.handedOver.add(before - pending.undecided());
  }

  private void run() {
    try {
      consumer.subscribe(List.of(topic), this);
      while (closing.getCount() > 0) {
        step();
      }
      finish();
    } catch (RuntimeException | Error e) {
      LOG.error("sink {} ends by a fault; what it had not delivered stays in Kafka", name, e);
      throw e;
    } finally {
      questions.forEach(question -> question.complete(false));
      closeQuietly(sink::close);
      closeQuietly(consumer::close);
    }
  }

  private void step() {
    try {
      if (pending.isEmpty()) {
        read();
      } else {
        Duration rest = hold.remaining();
        consumer.poll(rest.compareTo(POLL) < 0 ? rest : POLL);
      }
      if (!pending.isEmpty() && hold.remaining().isZero()) {
        attempt();
      }
      counters.lag = lag();
      answerQuestions();
    } catch (KafkaException e) {
      trouble(e);
    }
  }

  private void read() {
    consumer.resume(consumer.paused());
    ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
    counters.read.add(records.count());
    counters.otherHosts.add(pending.add(records, hosts));
    if (pending.isEmpty()) {
      hold.release();
    }
  }

  private void attempt() {
    Optional<Delivery.Obstacle> obstacle = delivery.attempt(pending, consumer);
    if (obstacle.isPresent()) {
      counters.retried.increment();
      hold.hold(obstacle.get().reason(), obstacle.get().atLeast());
      consumer.pause(consumer.assignment());
    } else {
      hold.release();
    }
  }

  /** Kafka refused to be read: wait and go on, the records are still there. */
  private void trouble(KafkaException e) {
    hold.hold("Kafka: " + e, Duration.ZERO);
    try {
      if (closing.await(hold.remaining().toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.debug("closed while waiting for Kafka");
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      closing.countDown();
    }
  }

  private void finish() {
    if (!pending.isEmpty()) {
      delivery
          .attempt(pending, consumer)
          .ifPresent(
              obstacle ->
                  LOG.warn(
                      "sink {} leaves {} record(s) for its next start: {}",
                      name,
                      pending.undecided(),
                      obstacle.reason()));
    }
  }

  private void answerQuestions() {
    if (questions.isEmpty()) {
      return;
    }
    boolean answer = pending.isEmpty() && nothingLeft();
    CompletableFuture<Boolean> question = questions.poll();
    while (question != null) {
      question.complete(answer);
      question = questions.poll();
    }
  }

  private boolean nothingLeft() {
    Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
    return !ends.isEmpty()
        && ends.entrySet().stream()
            .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
  }

  private long lag() {
    return consumer.assignment().stream()
        .map(consumer::currentLag)
        .mapToLong(lag -> lag.orElse(0))
        .sum();
  }

  private void closeQuietly(Runnable close) {
    try {
      close.run();
    } catch (RuntimeException e) {
      LOG.warn("sink {} did not close cleanly", name, e);
    }
  }
}
