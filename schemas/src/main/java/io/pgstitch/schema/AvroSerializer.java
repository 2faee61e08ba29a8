package io.pgstitch.schema;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serializer;

/**
 * Writes records of the contract as Kafka values: {@link AvroFraming} and the Avro body. The schema
 * is registered under {@link Topics#subjectOf} when a topic is first written to.
 *
 * <p>An instance reuses its buffers and must be used by one thread at a time, as a producer's
 * caller and a stream task do.
 *
 * <p>Errors: {@link SerializationException} when a record does not fit its schema, {@link
 * SchemaRegistryException} when the schema cannot be registered.
 *
 * @param <T> record type
 */
public final class AvroSerializer<T extends SpecificRecord> implements Serializer<T> {
  private final Map<String, Target> targets = new HashMap<>();
  private Class<T> type;
  private SchemaRegistry registry;
  private boolean ownsRegistry;
  private final ByteSink sink = new ByteSink();

  /** For use by class name: {@link #configure} follows and says where the registry is. */
  public AvroSerializer() {
    TrustedRecords.trust();
  }

  /**
   * A serializer of one type of record.
   *
   * @param registry stays the caller's to close
   */
  public AvroSerializer(Class<T> type, SchemaRegistry registry) {
    this();
    this.type = type;
    this.registry = registry;
  }

  @Override
  public void configure(Map<String, ?> configs, boolean isKey) {
    if (isKey) {
      throw new ConfigException(
          "AvroSerializer writes values only; set key.serializer to Kafka's StringSerializer");
    }
    if (registry == null) {
      registry = SchemaRegistries.from(configs);
      ownsRegistry = true;
    }
  }

  @Override
  public byte[] serialize(String topic, T record) {
    if (record == null) {
      return null; // a tombstone
    }
    Target target = target(topic, record);
    sink.clear();
    try {
      sink.writeFixed(target.header);
      target.writer.write(record, sink);
    } catch (IOException | AvroRuntimeException | NullPointerException | ClassCastException e) {
      throw new SerializationException(
          "a %s for topic %s does not fit its schema: %s"
              .formatted(record.getClass().getSimpleName(), topic, e.getMessage()),
          e);
    }
    return sink.toByteArray();
  }

  @SuppressWarnings("ReferenceEquality") // a generated class has one schema object
  private Target target(String topic, T record) {
    Schema schema = record.getSchema();
    Target target = targets.get(topic);
    if (target == null || target.schema != schema) {
      target = newTarget(topic, schema, record);
      targets.put(topic, target);
    }
    return target;
  }

  private Target newTarget(String topic, Schema schema, T record) {
    if (registry == null) {
      throw new IllegalStateException("AvroSerializer is used before configure()");
    }
    if (type != null && !type.isInstance(record)) {
      throw new SerializationException(
          "a %s was given to the serializer of %s"
              .formatted(record.getClass().getName(), type.getName()));
    }
    int id = registry.idOf(Topics.subjectOf(topic), schema);
    byte[] header = new byte[AvroFraming.HEADER_BYTES];
    AvroFraming.writeHeader(ByteBuffer.wrap(header), id);
    return new Target(schema, header, new DirectDatumWriter<>(schema));
  }

  @Override
  public void close() {
    if (ownsRegistry) {
      registry.close();
    }
  }

  /** What is settled once for all records of a topic. */
  private record Target(Schema schema, byte[] header, DatumWriter<Object> writer) {}
}
