package io.pgstitch.schema;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import org.apache.kafka.common.errors.SerializationException;

/**
 * The five bytes in front of each Avro record, as the clients of Confluent's registry write them: a
 * zero, then the schema's id, most significant byte first.
 */
public final class AvroFraming {
  /** Bytes in front of the Avro body. */
  public static final int HEADER_BYTES = 5;

  private static final byte MAGIC = 0;

  private AvroFraming() {}

  /**
   * Writes the header at the buffer's position and moves the position behind it.
   *
   * @throws java.nio.BufferOverflowException when fewer than {@link #HEADER_BYTES} remain
   */
  public static void writeHeader(ByteBuffer out, int schemaId) {
    out.put(MAGIC);
    out.put((byte) (schemaId >>> 24));
    out.put((byte) (schemaId >>> 16));
    out.put((byte) (schemaId >>> 8));
    out.put((byte) schemaId);
  }

  /** Writes the header. */
  public static void writeHeader(OutputStream out, int schemaId) throws IOException {
    out.write(MAGIC);
    out.write(schemaId >>> 24);
    out.write(schemaId >>> 16);
    out.write(schemaId >>> 8);
    out.write(schemaId);
  }

  /**
   * The id of the schema with which a record was written.
   *
   * @throws SerializationException when the record does not begin with such a header
   */
  public static int schemaId(byte[] message) {
    if (message.length < HEADER_BYTES) {
      throw new SerializationException(
          "not a framed Avro record: only %d bytes long, its header alone has %d"
              .formatted(message.length, HEADER_BYTES));
    }
    if (message[0] != MAGIC) {
      throw new SerializationException(
          "not a framed Avro record: begins with byte 0x%02x, expected 0x00"
              .formatted(message[0] & 0xff));
    }
    return (message[1] & 0xff) << 24
        | (message[2] & 0xff) << 16
        | (message[3] & 0xff) << 8
        | (message[4] & 0xff);
  }
}
