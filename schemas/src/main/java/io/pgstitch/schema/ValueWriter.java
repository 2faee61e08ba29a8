package io.pgstitch.schema;

import java.io.IOException;

/** Writes a value of one schema, or one field of the record that it is given. */
@FunctionalInterface
interface ValueWriter {
  void write(Object value, ByteSink to) throws IOException;
}
