package io.pgstitch.schema;

import java.io.IOException;
import org.apache.avro.Schema;

/**
 * A quick writer of records. Where a value does not fit, it is written again field by field, which
 * fails as well and names the field.
 */
final class CheckedWriter implements ValueWriter {
  private final ValueWriter quick;
  private final Schema schema;

  CheckedWriter(ValueWriter quick, Schema schema) {
    this.quick = quick;
    this.schema = schema;
  }

  @Override
  public void write(Object record, ByteSink to) throws IOException {
    try {
      quick.write(record, to);
    } catch (NullPointerException | ClassCastException e) {
      new ValueWriters().byFields(schema).write(record, new ByteSink());
      throw e;
    }
  }
}
