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
import io.pgstitch.schema.TopicPlan;
import io.pgstitch.schema.TopicProvisioner;
import io.pgstitch.schema.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.apache.avro.SchemaNormalization;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.ApiException;

/** Connects to Kafka, sees to it that batches find their topic and schema there, and sends them. */
final class BatchSender implements BatchSink, AutoCloseable {
  private static final Duration REACHABLE_WITHIN = Duration.ofSeconds(15);

  private final SchemaRegistry registry;
  private final int schemaId;
  private final SpoolingSender sender;
  private final LongAdder sent = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder events = new LongAdder();

  /**
   * Connects.
   *
   * @throws CollectorException when Kafka, the schema registry or the spool cannot be used
   */
  BatchSender(CollectorSettings settings) {
    provision(settings);
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

  private static void provision(CollectorSettings settings) {
    Map<String, Object> config = new HashMap<>(settings.kafka());
    config.put("client.id", "pgstitch-collector-admin");
    try (Admin admin = Admin.create(config)) {
      admin.describeCluster().nodes().get(REACHABLE_WITHIN.toSeconds(), TimeUnit.SECONDS);
      if (settings.createTopics()) {
        TopicProvisioner.ensure(
            admin,
            new TopicPlan(settings.partitions(), settings.replication(), settings.rawRetention()));
      } else {
        requireTopic(admin);
      }
    } catch (ExecutionException | TimeoutException e) {
      throw new CollectorException(
          "Kafka is not reachable at "
              + settings.kafka().get("bootstrap.servers")
              + ": start the brokers or correct kafka.bootstrap.servers (--kafka)",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CollectorException("interrupted while connecting to Kafka", e);
    }
  }

  private static void requireTopic(Admin admin)
      throws ExecutionException, TimeoutException, InterruptedException {
    try {
      int partitions =
          admin
              .describeTopics(List.of(Topics.RAW_EVENTS))
              .allTopicNames()
              .get(REACHABLE_WITHIN.toSeconds(), TimeUnit.SECONDS)
              .get(Topics.RAW_EVENTS)
              .partitions()
              .size();
      if (partitions == 0) {
        throw new CollectorException("topic " + Topics.RAW_EVENTS + " has no partitions");
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ApiException refusal) {
        throw new CollectorException(
            "topic "
                + Topics.RAW_EVENTS
                + " cannot be used ("
                + refusal.getMessage()
                + "): create it, or set topic.create=true; the user needs DESCRIBE and WRITE",
            refusal);
      }
      throw e;
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
