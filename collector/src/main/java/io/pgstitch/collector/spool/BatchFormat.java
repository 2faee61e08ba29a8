package io.pgstitch.collector.spool;

import io.pgstitch.collector.encode.EncodedBatch;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * A batch as it stands in a segment: marker, length and CRC32C of the body, and the body with the
 * batch's own facts, its key and its compressed value. Numbers have their most significant byte
 * first. Not thread-safe.
 */
final class BatchFormat {
  /** Bytes in front of each body. */
  static final int PREFIX = 3 * Integer.BYTES;

  /** Where a record may begin again behind bytes that cannot be read. */
  static final int MARKER = 0x50_47_73_b7;

  /** A value has at most what Kafka takes, and cannot grow much by compression. */
  static final int MOST_BODY = 40 << 20;

  private static final int FACTS =
      Long.BYTES * 6 + Integer.BYTES * 4 + Short.BYTES; // all but key and value

  private final Compression compression = new Compression();
  private final CRC32C crc = new CRC32C();
  private ByteBuffer out = ByteBuffer.allocate(1 << 16);

  /** The record of a batch, to be used before the next call. */
  ByteBuffer encode(EncodedBatch batch) {
    byte[] key = batch.key().getBytes(StandardCharsets.UTF_8);
    int most = PREFIX + FACTS + key.length + compression.mostBytes(batch.value().length);
    if (out.capacity() < most) {
      out = ByteBuffer.allocate(most);
    }
    out.clear();
    out.position(PREFIX);
    out.putLong(batch.utcMillis());
    out.putLong(batch.startNanos());
    out.putLong(batch.firstSequence());
    out.putLong(batch.lastSequence());
    out.putLong(batch.lostBefore());
    out.putLong(batch.droppedBefore());
    out.putInt(batch.pid());
    out.putInt(batch.events());
    out.putInt(batch.lossesAt());
    out.putInt(batch.value().length);
    out.putShort((short) key.length);
    out.put(key);
    compression.compress(batch.value(), out);
    int length = out.position() - PREFIX;
    out.putInt(0, MARKER);
    out.putInt(Integer.BYTES, length);
    out.putInt(2 * Integer.BYTES, checksum(out.array(), PREFIX, length));
    return out.flip();
  }

  /** Whether the body's checksum is the one that its prefix has. */
  boolean isIntact(ByteBuffer body, int expected) {
    return checksum(body.array(), body.arrayOffset() + body.position(), body.remaining())
        == expected;
  }

  private int checksum(byte[] bytes, int from, int length) {
    crc.reset();
    crc.update(bytes, from, length);
    return (int) crc.getValue();
  }

  /**
   * The batch of an intact body.
   *
   * @throws IllegalArgumentException when the body does not make sense all the same
   */
  EncodedBatch decode(ByteBuffer body) {
    try {
      long utcMillis = body.getLong();
      long startNanos = body.getLong();
      long first = body.getLong();
      long last = body.getLong();
      long lost = body.getLong();
      long dropped = body.getLong();
      int pid = body.getInt();
      int events = body.getInt();
      int lossesAt = body.getInt();
      int length = body.getInt();
      byte[] key = new byte[body.getShort() & 0xffff];
      body.get(key);
      if (length < 0 || length > MOST_BODY || lossesAt < 0 || lossesAt >= length) {
        throw new IllegalArgumentException("a batch of " + length + " bytes");
      }
      return new EncodedBatch(
          new String(key, StandardCharsets.UTF_8),
          pid,
          startNanos,
          compression.decompress(body, length),
          utcMillis,
          events,
          first,
          last,
          lossesAt,
          lost,
          dropped);
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("the record is too short", e);
    }
  }
}
