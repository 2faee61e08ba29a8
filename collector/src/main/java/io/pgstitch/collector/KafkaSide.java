package io.pgstitch.collector;

import io.pgstitch.collector.sampling.SamplingListener;
import io.pgstitch.collector.sampling.SamplingRules;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.RawEventBatch;
import org.apache.avro.SchemaNormalization;

/**
 * What a collector has of Kafka from its start on: the way out for batches, and the sampling rules.
 *
 * @param sender of batches
 * @param sampling follows the rules
 * @param rules as they are now
 */
record KafkaSide(BatchSender sender, SamplingListener sampling, SamplingRules rules)
    implements AutoCloseable {
  /**
   * Connects, and returns when the rules are known or cannot be soon. They are read while the
   * sender connects.
   *
   * @throws CollectorException when Kafka, the schema registry or the spool cannot be used
   */
  static KafkaSide connect(CollectorSettings settings) {
    // Nobody waits for it: who needs a schema meanwhile waits for its class.
    Aside<Long> unused = Aside.begin("pgstitch-schemas", KafkaSide::touchSchemas);
    SamplingRules rules = new SamplingRules();
    SamplingListener sampling =
        new SamplingListener(settings.kafka(), settings.schemaRegistry(), rules);
    try {
      KafkaTopics.provide(settings, sampling::connect);
      sampling.begin();
      BatchSender sender = new BatchSender(settings);
      sampling.await();
      return new KafkaSide(sender, sampling, rules);
    } catch (RuntimeException e) {
      sampling.close();
      throw e;
    }
  }

  /** Reading the first schema takes as long as the first answer of Kafka, and needs none. */
  private static long touchSchemas() {
    return SchemaNormalization.parsingFingerprint64(RawEventBatch.getClassSchema())
        ^ SchemaNormalization.parsingFingerprint64(Backend.getClassSchema());
  }

  @Override
  public void close() {
    sampling.close();
    sender.close();
  }
}
