package io.pgstitch.schema;

import java.io.IOException;
import org.apache.avro.AvroRuntimeException;

/** Writes a record: its fields, one after the other. */
final class RecordWriter implements ValueWriter {
  private final String[] names;
  private final ValueWriter[] fields;

  /** Without its fields' writers: one of them may be this record's own. */
  RecordWriter(String[] names) {
    this.names = names;
    this.fields = new ValueWriter[names.length];
  }

  void set(int position, ValueWriter field) {
    fields[position] = field;
  }

  @Override
  public void write(Object record, ByteSink to) throws IOException {
    int i = 0;
    try {
      for (; i < fields.length; i++) {
        fields[i].write(record, to);
      }
    } catch (NullPointerException e) {
      throw new AvroRuntimeException(names[i] + " is null", e);
    } catch (ClassCastException e) {
      throw new AvroRuntimeException(names[i] + " has another type: " + e.getMessage(), e);
    } catch (AvroRuntimeException e) {
      throw new AvroRuntimeException(names[i] + ": " + e.getMessage(), e);
    }
  }
}
