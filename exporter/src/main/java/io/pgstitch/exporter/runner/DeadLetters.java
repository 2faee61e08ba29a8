package io.pgstitch.exporter.runner;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.Headers;

/**
 * The topic of records that could not be delivered. A letter has the original key, value and
 * headers, and says where it comes from and why in Kafka Connect's {@code __connect.errors.*}
 * headers. Its time is that of its writing, so that retention by time does not delete at once what
 * came late.
 */
public final class DeadLetters {

  private static final String PREFIX = "__connect.errors.";
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Producer<byte[], byte[]> producer;
  private final String topic;
  private final String sink;

  /** Writes to {@code topic}, in the name of {@code sink}; the producer stays the caller's. */
  public DeadLetters(Producer<byte[], byte[]> producer, String topic, String sink) {
    this.producer = producer;
    this.topic = topic;
    this.sink = sink;
  }

  /**
   * Writes the letters and waits until the brokers have them.
   *
   * @throws KafkaException when one was not acknowledged: all must be written again
   */
  void write(List<DeadLetter> letters) {
    List<Future<?>> sent = new ArrayList<>(letters.size());
    for (DeadLetter letter : letters) {
      sent.add(producer.send(record(letter)));
    }
    try {
      for (Future<?> each : sent) {
        each.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (ExecutionException e) {
      throw new KafkaException(
          "topic " + topic + " did not take a dead letter: " + e.getCause(), e.getCause());
    } catch (TimeoutException e) {
      throw new KafkaException("topic " + topic + " did not answer within " + PATIENCE, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException("interrupted while a dead letter was written", e);
    }
  }

  private ProducerRecord<byte[], byte[]> record(DeadLetter letter) {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(topic, letter.record().key(), letter.record().value());
    Headers headers = record.headers();
    letter.record().headers().forEach(headers::add);
    Map.of(
            "topic", letter.record().topic(),
            "partition", Integer.toString(letter.record().partition()),
            "offset", Long.toString(letter.record().offset()),
            "connector.name", sink,
            "stage", letter.stage(),
            "exception.class.name", letter.exceptionClass(),
            "exception.message", letter.reason())
        .forEach((name, value) -> headers.add(PREFIX + name, value.getBytes(UTF_8)));
    return record;
  }
}
