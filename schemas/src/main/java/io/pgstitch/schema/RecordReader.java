package io.pgstitch.schema;

import java.io.IOException;
import java.util.function.Supplier;
import org.apache.avro.io.Decoder;

/** Reads a record: its fields, one after the other. */
final class RecordReader implements ValueReader {
  private final Supplier<Object> empty;
  private final Field[] fields;

  /** Reads one field into the record. */
  @FunctionalInterface
  interface Field {
    void read(Object record, Decoder from) throws IOException;
  }

  /** Without its fields' readers: one of them may be this record's own. */
  RecordReader(Supplier<Object> empty, int fields) {
    this.empty = empty;
    this.fields = new Field[fields];
  }

  void set(int position, Field field) {
    fields[position] = field;
  }

  @Override
  public Object read(Decoder from) throws IOException {
    Object record = empty.get();
    for (Field field : fields) {
      field.read(record, from);
    }
    return record;
  }
}
