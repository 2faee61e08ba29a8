package io.pgstitch.exporter.runner;

import io.pgstitch.exporter.sink.Answer;
import io.pgstitch.exporter.sink.Sink;
import java.time.Duration;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries what is pending as far as it goes: decode, deliver, bury, commit. Each step is done once;
 * an attempt begins where the one before was held up.
 *
 * @param <T> type of the records
 */
final class Delivery<T> {

  /**
   * Why an attempt was held up.
   *
   * @param reason in words
   * @param atLeast how long to wait at least
   */
  record Obstacle(String reason, Duration atLeast) {}

  private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);

  private final String name;
  private final RecordDecoder<T> decoder;
  private final Sink<T> sink;
  private final DeadLetters deadLetters;
  private final SinkCounters counters;

  Delivery(
      String name,
      RecordDecoder<T> decoder,
      Sink<T> sink,
      DeadLetters deadLetters,
      SinkCounters counters) {
    this.name = name;
    this.decoder = decoder;
    this.sink = sink;
    this.deadLetters = deadLetters;
    this.counters = counters;
  }

  /** Empty when all that was pending is committed. */
  Optional<Obstacle> attempt(Pending<T> pending, Consumer<?, ?> consumer) {
    try {
      if (!pending.isDecoded()) {
        decoder.decode(pending);
        counters.undecodable.add(pending.letters().size());
      }
      if (!pending.decoded().isEmpty()) {
        Answer<T> answer = deliver(pending);
        if (!answer.retry().isEmpty()) {
          return Optional.of(new Obstacle(answer.retryReason(), answer.retryAfter()));
        }
      }
      bury(pending);
      consumer.commitSync(pending.reached());
      pending.clear();
      return Optional.empty();
    } catch (KafkaException e) {
      return Optional.of(new Obstacle("Kafka: " + e.getMessage(), Duration.ZERO));
    } catch (RuntimeException e) {
      // A registry that does not answer, or a fault of ours: giving up would lose the records.
      LOG.debug("sink {}", name, e);
      return Optional.of(new Obstacle(e.toString(), Duration.ZERO));
    }
  }

  private Answer<T> deliver(Pending<T> pending) {
    int offered = pending.decoded().size();
    Answer<T> answer = sink.deliver(pending.decoded());
    pending.answered(answer);
    int accepted = offered - answer.retry().size() - answer.rejected().size();
    counters.delivered.add(accepted - answer.duplicates());
    counters.duplicatesSkipped.add(answer.duplicates());
    counters.rejected.add(answer.rejected().size());
    counters.refusedItems.add(answer.refusedItems());
    counters.unsampled.add(answer.unsampled());
    return answer;
  }

  private void bury(Pending<T> pending) {
    if (pending.letters().isEmpty()) {
      return;
    }
    deadLetters.write(pending.letters());
    DeadLetter first = pending.letters().get(0);
    LOG.warn(
        "sink {} gave up {} record(s), they are in the dead letters; the first is {}-{}@{}: {}",
        name,
        pending.letters().size(),
        first.record().topic(),
        first.record().partition(),
        first.record().offset(),
        first.reason());
    counters.deadLettered.add(pending.letters().size());
    pending.letters().clear();
  }
}
