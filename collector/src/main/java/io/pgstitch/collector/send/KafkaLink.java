package io.pgstitch.collector.send;

import io.pgstitch.collector.encode.EncodedBatch;
import io.pgstitch.schema.ProducerGuarantees;
import io.pgstitch.schema.TopicProvisioner;
import io.pgstitch.schema.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An idempotent producer that never gives a batch up by itself: while Kafka is away it tries again,
 * in order and without doubling anything.
 */
final class KafkaLink implements BrokerLink {
  private static final Logger LOG = LoggerFactory.getLogger(KafkaLink.class);
  private static final Duration METADATA_PATIENCE = Duration.ofSeconds(1);

  private final Map<String, Object> config;
  private KafkaProducer<byte[], byte[]> producer;
  private Thread handing;
  private Exception refused;
  private String lastProblem = "";

  KafkaLink(Map<String, String> kafka) {
    this.config = configuration(kafka);
    this.producer = producer();
  }

  static Map<String, Object> configuration(Map<String, String> given) {
    Map<String, Object> config = new HashMap<>();
    config.put("compression.type", "lz4");
    config.put("linger.ms", "5");
    config.put("batch.size", "262144");
    config.put("max.request.size", String.valueOf(TopicProvisioner.MAX_MESSAGE_BYTES));
    config.put("buffer.memory", String.valueOf(96 << 20));
    config.put("client.id", "pgstitch-collector");
    // Brokers may ask for a client's metrics; to be ready for that is a part of the start.
    config.put("enable.metrics.push", "false");
    config.putAll(given);
    // The spool rests on these: order, no doubles, and nothing given up.
    config.remove("transactional.id");
    ProducerGuarantees.putInto(config);
    config.put("retries", String.valueOf(Integer.MAX_VALUE));
    config.put("delivery.timeout.ms", String.valueOf(Integer.MAX_VALUE));
    config.put("max.block.ms", String.valueOf(METADATA_PATIENCE.toMillis()));
    return config;
  }

  private KafkaProducer<byte[], byte[]> producer() {
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** Asks for the topic's partitions, so that the first batch need not wait for them. */
  void warmUp() {
    try {
      LOG.debug(
          "{} has {} partitions",
          Topics.RAW_EVENTS,
          producer.partitionsFor(Topics.RAW_EVENTS).size());
    } catch (KafkaException e) {
      LOG.debug("the partitions of {} are not known yet", Topics.RAW_EVENTS, e);
    }
  }

  @Override
  public Handed hand(EncodedBatch batch, Outcome outcome) {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(
            Topics.RAW_EVENTS,
            null,
            batch.utcMillis(),
            batch.key().getBytes(StandardCharsets.UTF_8),
            batch.value());
    handing = Thread.currentThread();
    refused = null;
    try {
      if (producer == null) {
        producer = producer();
      }
      // The callback hears of every outcome.
      Future<RecordMetadata> unused =
          producer.send(record, (metadata, error) -> told(outcome, error));
    } catch (KafkaException | IllegalStateException e) {
      refused = e;
    } finally {
      handing = null;
    }
    if (refused == null) {
      return Handed.ON_ITS_WAY;
    }
    lastProblem = words(refused);
    if (isForGood(refused)) {
      return Handed.NEVER;
    }
    if (!(refused instanceof RetriableException)) {
      outcome.broken(refused); // e.g. the producer has failed for good, or may not write
    }
    return Handed.NOT_NOW;
  }

  private void told(Outcome outcome, Exception error) {
    if (error == null) {
      outcome.acknowledged();
    } else if (Thread.currentThread() == handing) {
      refused = error; // it never was on its way
    } else if (isForGood(error)) {
      outcome.refused(error);
    } else {
      outcome.broken(error);
    }
  }

  /** Whether another attempt would end in the same way. */
  private static boolean isForGood(Exception e) {
    return e instanceof RecordTooLargeException
        || e instanceof RecordBatchTooLargeException
        || e instanceof InvalidTimestampException
        || e instanceof InvalidRecordException
        || e instanceof SerializationException;
  }

  static String words(Exception e) {
    String message = e.getMessage();
    return message == null || message.isBlank() ? e.getClass().getSimpleName() : message;
  }

  @Override
  public String lastProblem() {
    return lastProblem;
  }

  @Override
  public void reset() {
    close(Duration.ZERO);
  }

  @Override
  public void close(Duration patience) {
    if (producer != null) {
      producer.close(patience);
    }
    producer = null; // the next batch makes another one
  }
}
