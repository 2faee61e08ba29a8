package io.pgstitch.collector;

import io.pgstitch.collector.encode.BatchSink;
import io.pgstitch.collector.encode.EncodedBatch;
import io.pgstitch.collector.send.SpoolingSender;
import io.pgstitch.collector.spool.Framing;
import io.pgstitch.collector.spool.SpoolException;
import io.pgstitch.collector.spool.SpoolStatus;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SchemaRegistries;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.Topics;
import java.util.concurrent.atomic.LongAdder;
import org.apache.avro.SchemaNormalization;

/** Sends batches to Kafka, under the schema that the registry knows. */
final class BatchSender implements BatchSink, AutoCloseable {
  private final SchemaRegistry registry;
  private final int schemaId;
  private final SpoolingSender sender;
  private final LongAdder sent = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder events = new LongAdder();

  /**
   * Opens the spool and connects; the topic must be there.
   *
   * @throws CollectorException when the spool cannot be used
   */
  BatchSender(CollectorSettings settings) {
    this.registry = SchemaRegistries.from(settings.schemaRegistry());
    this.schemaId =
        registry.idOf(Topics.subjectOf(Topics.RAW_EVENTS), RawEventBatch.getClassSchema());
    Framing framing =
        new Framing(
            schemaId, SchemaNormalization.parsingFingerprint64(RawEventBatch.getClassSchema()));
    try {
      this.sender = SpoolingSender.start(settings.kafka(), settings.spool(), framing);
    } catch (SpoolException e) {
      registry.close();
      throw new CollectorException(e.getMessage(), e);
    }
  }

  int schemaId() {
    return schemaId;
  }

  @Override
  public boolean take(EncodedBatch batch) {
    if (!sender.take(batch)) {
      return false;
    }
    sent.increment();
    bytes.add(batch.value().length);
    events.add(batch.events());
    return true;
  }

  long batches() {
    return sent.sum();
  }

  long acknowledged() {
    return sender.acknowledged();
  }

  long failed() {
    return sender.refused();
  }

  long bytes() {
    return bytes.sum();
  }

  long events() {
    return events.sum();
  }

  SpoolStatus spool() {
    return sender.spool();
  }

  /** What ended the sending before its time, or null. */
  Throwable failure() {
    return sender.failure();
  }

  @Override
  public void close() {
    sender.close();
    registry.close();
  }
}
