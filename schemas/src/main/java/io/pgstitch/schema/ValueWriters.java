package io.pgstitch.schema;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.function.ToLongFunction;
import org.apache.avro.Schema;
import org.apache.avro.Schema.Type;
import org.apache.avro.specific.SpecificData;

/** Makes the writers of a schema; a record's writer is made once, so that records may nest. */
final class ValueWriters {
  private final Map<String, ValueWriter> records = new HashMap<>();

  /**
   * The writer of values of a schema.
   *
   * @throws IllegalArgumentException for what our schemas do not use: fixed, logical types, other
   *     unions
   */
  ValueWriter of(Schema schema) {
    if (schema.getLogicalType() != null) {
      throw new IllegalArgumentException("no writer for a logical type: " + schema);
    }
    switch (schema.getType()) {
      case RECORD:
        return record(schema);
      case UNION:
        return union(schema);
      case ARRAY:
        return array(of(schema.getElementType()));
      case MAP:
        return map(of(schema.getValueType()));
      case ENUM:
        return (value, to) -> to.writeEnum(((Enum<?>) value).ordinal());
      case STRING:
        return (value, to) -> to.writeString((CharSequence) value);
      case BYTES:
        return (value, to) -> to.writeBytes((ByteBuffer) value);
      case LONG:
        return (value, to) -> to.writeLong((Long) value);
      case INT:
        return (value, to) -> to.writeInt((Integer) value);
      case BOOLEAN:
        return (value, to) -> to.writeBoolean((Boolean) value);
      case DOUBLE:
        return (value, to) -> to.writeDouble((Double) value);
      case FLOAT:
        return (value, to) -> to.writeFloat((Float) value);
      default:
        throw new IllegalArgumentException("no writer for " + schema);
    }
  }

  private ValueWriter record(Schema schema) {
    ValueWriter known = records.get(schema.getFullName());
    if (known != null) {
      return known;
    }
    ValueWriter quick = FrequentWriters.of(SpecificData.get().getClass(schema));
    if (quick == null) {
      return byFields(schema);
    }
    ValueWriter writer = new CheckedWriter(quick, schema);
    records.put(schema.getFullName(), writer);
    return writer;
  }

  /** A writer that calls the getter of each field, and names the one that does not fit. */
  RecordWriter byFields(Schema schema) {
    List<Schema.Field> fields = schema.getFields();
    RecordWriter writer =
        new RecordWriter(fields.stream().map(Schema.Field::name).toArray(String[]::new));
    records.put(schema.getFullName(), writer);
    Accessors accessors = Accessors.of(SpecificData.get().getClass(schema));
    for (Schema.Field field : fields) {
      writer.set(field.pos(), field(accessors, field));
    }
    return writer;
  }

  /** Reads the field of a record without a box where it is a number. */
  private ValueWriter field(Accessors accessors, Schema.Field field) {
    switch (field.schema().getType()) {
      case LONG:
        ToLongFunction<Object> number = accessors.longGetter(field.name());
        return (record, to) -> to.writeLong(number.applyAsLong(record));
      case INT:
        ToIntFunction<Object> small = accessors.intGetter(field.name());
        return (record, to) -> to.writeInt(small.applyAsInt(record));
      case BOOLEAN:
        Predicate<Object> flag = accessors.booleanGetter(field.name());
        return (record, to) -> to.writeBoolean(flag.test(record));
      case STRING:
        Function<Object, Object> text = accessors.getter(field.name());
        return (record, to) -> to.writeString((CharSequence) text.apply(record));
      default:
        Function<Object, Object> value = accessors.getter(field.name());
        ValueWriter writer = of(field.schema());
        return (record, to) -> writer.write(value.apply(record), to);
    }
  }

  private static ValueWriter array(ValueWriter element) {
    return (value, to) -> {
      List<?> elements = (List<?>) value;
      int count = elements.size();
      to.writeArrayStart();
      to.setItemCount(count);
      for (Object each : elements) {
        to.startItem();
        element.write(each, to);
      }
      to.writeArrayEnd();
    };
  }

  private static ValueWriter map(ValueWriter element) {
    return (value, to) -> {
      Map<?, ?> elements = (Map<?, ?>) value;
      to.writeMapStart();
      to.setItemCount(elements.size());
      for (Map.Entry<?, ?> each : elements.entrySet()) {
        to.startItem();
        to.writeString((CharSequence) each.getKey());
        element.write(each.getValue(), to);
      }
      to.writeMapEnd();
    };
  }

  private ValueWriter union(Schema schema) {
    List<Schema> branches = schema.getTypes();
    int nothing = branches.indexOf(Schema.create(Type.NULL));
    if (branches.size() == 2 && nothing >= 0) {
      int something = 1 - nothing;
      ValueWriter writer = of(branches.get(something));
      return (value, to) -> {
        if (value == null) {
          to.writeIndex(nothing);
          to.writeNull();
        } else {
          to.writeIndex(something);
          writer.write(value, to);
        }
      };
    }
    return records(branches, nothing);
  }

  /** Of several records, and null if that may be. */
  private ValueWriter records(List<Schema> branches, int nothing) {
    Class<?>[] types = new Class<?>[branches.size()];
    ValueWriter[] writers = new ValueWriter[branches.size()];
    for (int i = 0; i < branches.size(); i++) {
      Schema branch = branches.get(i);
      if (branch.getType() == Type.RECORD) {
        types[i] = SpecificData.get().getClass(branch);
        writers[i] = record(branch);
      } else if (branch.getType() != Type.NULL) {
        throw new IllegalArgumentException(
            "no writer for a union of other than records: " + branch);
      }
    }
    return (value, to) -> {
      if (value == null && nothing >= 0) {
        to.writeIndex(nothing);
        to.writeNull();
        return;
      }
      int branch = indexOf(types, value.getClass());
      to.writeIndex(branch);
      writers[branch].write(value, to);
    };
  }

  /** There are a dozen at most. */
  private static int indexOf(Class<?>[] types, Class<?> type) {
    for (int i = 0; i < types.length; i++) {
      if (types[i] == type) {
        return i;
      }
    }
    throw new ClassCastException("a " + type.getName());
  }
}
