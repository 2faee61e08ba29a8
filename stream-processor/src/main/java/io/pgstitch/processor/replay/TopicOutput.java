package io.pgstitch.processor.replay;

import io.pgstitch.schema.AvroSerializer;
import io.pgstitch.schema.ProducerGuarantees;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.TopicProvisioner;
import io.pgstitch.schema.Topics;
import io.pgstitch.schema.TraceRecords;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;

/**
 * Writes to two topics of its own. They are compacted, and a record's key names what it is, so that
 * a repeat takes the place of what it repeats. Records of a session are in one partition, in order.
 */
public final class TopicOutput implements ReplayOutput, AutoCloseable {
  private final String tracesTopic;
  private final String recordsTopic;
  private final Producer<byte[], byte[]> producer;
  private final AvroSerializer<QueryTrace> traces;
  private final AvroSerializer<TraceRecords> records;
  private final Map<String, Integer> partitions = new HashMap<>();
  private final AtomicReference<Exception> failure = new AtomicReference<>();
  private final AtomicLong acknowledged = new AtomicLong();

  /**
   * Connects, and creates the topics where they are missing.
   *
   * @param prefix what their names begin with; {@code query-traces} and {@code trace-records}
   *     follow
   * @throws ReplayException when Kafka refuses
   */
  public TopicOutput(Map<String, String> kafka, SchemaRegistry registry, String prefix) {
    this.tracesTopic = prefix + "query-traces";
    this.recordsTopic = prefix + "trace-records";
    if (Topics.all().contains(tracesTopic)) {
      throw new ReplayException(
          tracesTopic + " is the live pipeline's", "Give another prefix, e.g. replay.", null);
    }
    this.traces = new AvroSerializer<>(QueryTrace.class, registry);
    this.records = new AvroSerializer<>(TraceRecords.class, registry);
    try (Admin admin = Admin.create(new HashMap<String, Object>(kafka))) {
      create(admin);
    }
    Map<String, Object> config = new HashMap<>();
    config.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, TopicProvisioner.MAX_MESSAGE_BYTES);
    config.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
    config.putAll(kafka);
    ProducerGuarantees.putInto(config);
    config.remove(ProducerConfig.TRANSACTIONAL_ID_CONFIG);
    producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private void create(Admin admin) {
    Map<String, String> config =
        Map.of(
            TopicConfig.CLEANUP_POLICY_CONFIG,
            TopicConfig.CLEANUP_POLICY_COMPACT,
            TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
            Integer.toString(TopicProvisioner.MAX_MESSAGE_BYTES));
    for (String topic : List.of(tracesTopic, recordsTopic)) {
      try {
        admin
            .createTopics(
                List.of(new NewTopic(topic, Optional.empty(), Optional.empty()).configs(config)))
            .all()
            .get();
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof TopicExistsException)) {
          throw failed(topic, e.getCause());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw failed(topic, e);
      }
    }
  }

  private static ReplayException failed(String topic, Throwable cause) {
    return new ReplayException(
        "Kafka does not take topic " + topic + ": " + cause.getMessage(),
        "Check that this user may CREATE, DESCRIBE and WRITE it, or create it by hand, compacted.",
        cause);
  }

  @Override
  public void trace(String key, Place place, QueryTrace trace) {
    String name = key + '/' + trace.getTraceId() + '/' + trace.getPart();
    send(tracesTopic, key, name, traces.serialize(Topics.QUERY_TRACES, trace));
  }

  @Override
  public void records(String key, Place place, TraceRecords more) {
    String name = key + '/' + place.stream() + '/' + place.number();
    send(recordsTopic, key, name, records.serialize(Topics.TRACE_RECORDS, more));
  }

  private void send(String topic, String key, String name, byte[] value) {
    throwFailure();
    byte[] session = key.getBytes(StandardCharsets.UTF_8);
    try {
      int count = partitions.computeIfAbsent(topic, any -> producer.partitionsFor(topic).size());
      producer.send(
          new ProducerRecord<>(
              topic,
              Utils.toPositive(Utils.murmur2(session)) % count,
              name.getBytes(StandardCharsets.UTF_8),
              value),
          (metadata, error) -> {
            if (error == null) {
              acknowledged.incrementAndGet();
            } else {
              failure.compareAndSet(null, error);
            }
          });
    } catch (KafkaException e) {
      throw failed(topic, e);
    }
  }

  private void throwFailure() {
    Exception error = failure.get();
    if (error != null) {
      throw failed(tracesTopic + " or " + recordsTopic, error);
    }
  }

  /**
   * Waits until the brokers have all of it.
   *
   * @return how many records that is
   * @throws ReplayException when they refused one
   */
  public long flush() {
    producer.flush();
    throwFailure();
    return acknowledged.get();
  }

  @Override
  public void close() {
    producer.close();
  }
}
