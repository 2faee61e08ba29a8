package io.pgstitch.collector;

import io.pgstitch.collector.sampling.SamplingListener;
import io.pgstitch.collector.sampling.SamplingRules;

/**
 * What a collector has of Kafka from its start on: the way out for batches, and the sampling rules.
 *
 * @param sender of batches
 * @param sampling follows the rules
 */
record KafkaSide(BatchSender sender, SamplingListener sampling) implements AutoCloseable {
  /**
   * Connects, and returns when the rules are known or cannot be soon. They are read while the
   * sender connects.
   *
   * @param rules are set
   * @throws CollectorException when Kafka, the schema registry or the spool cannot be used
   */
  static KafkaSide connect(CollectorSettings settings, SamplingRules rules) {
    SamplingListener sampling =
        new SamplingListener(settings.kafka(), settings.schemaRegistry(), rules);
    try {
      KafkaTopics.provide(settings, sampling::connect);
      sampling.begin();
      BatchSender sender = new BatchSender(settings);
      sampling.await();
      return new KafkaSide(sender, sampling);
    } catch (RuntimeException e) {
      sampling.close();
      throw e;
    }
  }

  @Override
  public void close() {
    sampling.close();
    sender.close();
  }
}
