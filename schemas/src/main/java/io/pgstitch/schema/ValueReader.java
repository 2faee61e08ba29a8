package io.pgstitch.schema;

import java.io.IOException;
import org.apache.avro.io.Decoder;

/** Reads a value of one schema. */
@FunctionalInterface
interface ValueReader {
  Object read(Decoder from) throws IOException;
}
