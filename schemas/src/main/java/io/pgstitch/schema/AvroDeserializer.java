package io.pgstitch.schema;

import io.pgstitch.schema.SchemaRegistryException.Reason;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.io.DatumReader;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * Reads what {@link AvroSerializer} and the serializers of other Confluent-style clients wrote,
 * whatever version of the schema it was written with.
 *
 * <p>An instance keeps texts for the next record and must be used by one thread at a time, as a
 * consumer and a stream task do.
 *
 * <p>Errors: {@link SerializationException} for a record that is not ours or is damaged: it will
 * never be readable. {@link SchemaRegistryException} when the registry cannot be asked: the record
 * may be fine, so it must not be given up.
 *
 * @param <T> record type
 */
public final class AvroDeserializer<T extends SpecificRecord> implements Deserializer<T> {
  private final Map<Integer, DatumReader<T>> readers = new HashMap<>();
  private Schema expected;
  private SchemaRegistry registry;
  private boolean ownsRegistry;
  private final ByteSource source = new ByteSource();

  /**
   * For use by class name: {@link #configure} follows and says where the registry is. Reads records
   * of all topics; each becomes the class of its schema.
   */
  public AvroDeserializer() {
    TrustedRecords.trust();
  }

  /**
   * A deserializer of one type of record.
   *
   * @param registry stays the caller's to close
   */
  public AvroDeserializer(Class<T> type, SchemaRegistry registry) {
    this();
    this.expected = SpecificData.get().getSchema(type);
    this.registry = registry;
  }

  @Override
  public void configure(Map<String, ?> configs, boolean isKey) {
    if (isKey) {
      throw new ConfigException(
          "AvroDeserializer reads values only; set key.deserializer to Kafka's StringDeserializer");
    }
    if (registry == null) {
      registry = SchemaRegistries.from(configs);
      ownsRegistry = true;
    }
  }

  @Override
  public T deserialize(String topic, byte[] message) {
    if (message == null) {
      return null; // a tombstone
    }
    DatumReader<T> reader = reader(topic, AvroFraming.schemaId(message));
    source.over(message, AvroFraming.HEADER_BYTES, message.length);
    try {
      T record = reader.read(null, source);
      if (!source.isEnd()) {
        throw new SerializationException(
            "a record of topic %s is damaged: bytes follow its end".formatted(topic));
      }
      return record;
    } catch (IOException
        | AvroRuntimeException
        | UnsupportedOperationException
        | IndexOutOfBoundsException
        | NegativeArraySizeException e) {
      throw new SerializationException(
          "a record of topic %s is damaged: %s".formatted(topic, e), e);
    }
  }

  private DatumReader<T> reader(String topic, int schemaId) {
    DatumReader<T> reader = readers.get(schemaId);
    if (reader == null) {
      reader = newReader(topic, schemaId);
      readers.put(schemaId, reader);
    }
    return reader;
  }

  private DatumReader<T> newReader(String topic, int schemaId) {
    if (registry == null) {
      throw new IllegalStateException("AvroDeserializer is used before configure()");
    }
    Schema written = writtenWith(topic, schemaId);
    Schema wanted = expected != null ? expected : currentVersionOf(topic, written);
    if (!wanted.getFullName().equals(written.getFullName())) {
      throw new SerializationException(
          "a record of topic %s is not ours: it holds a %s, expected a %s"
              .formatted(topic, written.getFullName(), wanted.getFullName()));
    }
    return SchemaNormalization.toParsingForm(written)
            .equals(SchemaNormalization.toParsingForm(wanted))
        ? new DirectDatumReader<>(wanted)
        : new SpecificDatumReader<>(written, wanted);
  }

  private Schema writtenWith(String topic, int schemaId) {
    try {
      return registry.byId(schemaId);
    } catch (SchemaRegistryException e) {
      if (e.reason() == Reason.UNKNOWN_ID || e.reason() == Reason.FOREIGN_SCHEMA) {
        throw new SerializationException(
            "a record of topic %s is not ours: %s".formatted(topic, e.getMessage()), e);
      }
      throw e;
    }
  }

  private static Schema currentVersionOf(String topic, Schema written) {
    return Topics.withSchema().stream()
        .map(Topics::schemaOf)
        .filter(schema -> schema.getFullName().equals(written.getFullName()))
        .findFirst()
        .orElseThrow(
            () ->
                new SerializationException(
                    "a record of topic %s is not ours: it holds a %s"
                        .formatted(topic, written.getFullName())));
  }

  @Override
  public void close() {
    if (ownsRegistry) {
      registry.close();
    }
  }
}
