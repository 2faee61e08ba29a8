package io.pgstitch.collector.spool;

import io.pgstitch.schema.AvroFraming;
import java.nio.ByteBuffer;

/**
 * With which schema values are framed.
 *
 * @param schemaId id in the registry that is used now
 * @param fingerprint of the schema itself
 */
public record Framing(int schemaId, long fingerprint) {
  /**
   * A value of an earlier run, framed for the registry of this one. Where it has another schema,
   * its id stays: a registry never forgets one.
   */
  byte[] reframed(byte[] value, Framing earlier) {
    if (earlier.fingerprint == fingerprint
        && earlier.schemaId != schemaId
        && value.length >= AvroFraming.HEADER_BYTES) {
      AvroFraming.writeHeader(ByteBuffer.wrap(value), schemaId);
    }
    return value;
  }
}
