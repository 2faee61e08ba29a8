package io.pgstitch.schema;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.ObjIntConsumer;
import java.util.function.ObjLongConsumer;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;

/** Makes the readers of a schema; a record's reader is made once, so that records may nest. */
final class ValueReaders {
  /** A damaged length must not reserve memory for elements that are not there. */
  private static final long MOST_RESERVED = 1024;

  private final Map<String, ValueReader> records = new HashMap<>();

  /**
   * The reader of values of a schema.
   *
   * @throws IllegalArgumentException for what our schemas do not use: fixed, logical types
   */
  ValueReader of(Schema schema) {
    if (schema.getLogicalType() != null) {
      throw new IllegalArgumentException("no reader for a logical type: " + schema);
    }
    switch (schema.getType()) {
      case RECORD:
        return record(schema);
      case UNION:
        ValueReader[] branches =
            schema.getTypes().stream().map(this::of).toArray(ValueReader[]::new);
        return from -> branches[from.readIndex()].read(from);
      case ARRAY:
        return array(of(schema.getElementType()));
      case MAP:
        return map(of(schema.getValueType()));
      case ENUM:
        Object[] symbols = SpecificData.get().getClass(schema).getEnumConstants();
        return from -> symbols[from.readEnum()];
      case STRING:
        return from -> from.readString();
      case BYTES:
        return from -> from.readBytes(null);
      case LONG:
        return from -> from.readLong();
      case INT:
        return from -> from.readInt();
      case BOOLEAN:
        return from -> from.readBoolean();
      case DOUBLE:
        return from -> from.readDouble();
      case FLOAT:
        return from -> from.readFloat();
      case NULL:
        return from -> null;
      default:
        throw new IllegalArgumentException("no reader for " + schema);
    }
  }

  private ValueReader record(Schema schema) {
    ValueReader known = records.get(schema.getFullName());
    if (known == null) {
      known = FrequentReaders.of(schema.getFullName());
    }
    return known != null ? known : byFields(schema);
  }

  private ValueReader byFields(Schema schema) {
    Accessors accessors = Accessors.of(SpecificData.get().getClass(schema));
    RecordReader reader = new RecordReader(accessors.constructor(), schema.getFields().size());
    records.put(schema.getFullName(), reader);
    for (Schema.Field field : schema.getFields()) {
      reader.set(field.pos(), field(accessors, field));
    }
    return reader;
  }

  /** Sets the field of a record without a box where it is a number. */
  private RecordReader.Field field(Accessors accessors, Schema.Field field) {
    switch (field.schema().getType()) {
      case LONG:
        ObjLongConsumer<Object> number = accessors.longSetter(field.name());
        return (record, from) -> number.accept(record, from.readLong());
      case INT:
        ObjIntConsumer<Object> small = accessors.intSetter(field.name());
        return (record, from) -> small.accept(record, from.readInt());
      case BOOLEAN:
        Accessors.BooleanSetter flag = accessors.booleanSetter(field.name());
        return (record, from) -> flag.set(record, from.readBoolean());
      case DOUBLE:
        Accessors.DoubleSetter share = accessors.doubleSetter(field.name());
        return (record, from) -> share.set(record, from.readDouble());
      default:
        BiConsumer<Object, Object> value = accessors.setter(field.name());
        ValueReader reader = of(field.schema());
        return (record, from) -> value.accept(record, reader.read(from));
    }
  }

  private static ValueReader array(ValueReader element) {
    return from -> {
      long count = from.readArrayStart();
      List<Object> elements = new ArrayList<>((int) Math.min(count, MOST_RESERVED));
      for (; count > 0; count = from.arrayNext()) {
        for (long i = 0; i < count; i++) {
          elements.add(element.read(from));
        }
      }
      return elements;
    };
  }

  private static ValueReader map(ValueReader element) {
    return from -> {
      Map<String, Object> elements = new HashMap<>();
      for (long count = from.readMapStart(); count > 0; count = from.mapNext()) {
        for (long i = 0; i < count; i++) {
          String key = from.readString();
          elements.put(key, element.read(from));
        }
      }
      return elements;
    };
  }
}
