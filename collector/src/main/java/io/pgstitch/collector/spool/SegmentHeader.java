package io.pgstitch.collector.spool;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * What a segment begins with: what it is, how its values are framed, and how much is in it. The
 * last is for people, is written late, and may be wrong after a crash.
 */
record SegmentHeader(Framing framing, long batches, long firstUtcMillis) {
  static final int BYTES = 48;

  private static final long MAGIC = 0x70_67_73_74_73_70_6f_6cL; // "pgstspol"
  private static final int VERSION = 1;
  private static final int CHECKED = Long.BYTES + 2 * Integer.BYTES + Long.BYTES;

  ByteBuffer encode() {
    ByteBuffer out = ByteBuffer.allocate(BYTES);
    out.putLong(MAGIC).putInt(VERSION).putInt(framing.schemaId()).putLong(framing.fingerprint());
    out.putInt(checksum(out.array())).putLong(batches).putLong(firstUtcMillis);
    return out.clear();
  }

  /** The header in these bytes, empty when it is none of this format. */
  static Optional<SegmentHeader> decode(ByteBuffer in) {
    if (in.remaining() < BYTES || in.getLong(0) != MAGIC || in.getInt(8) != VERSION) {
      return Optional.empty();
    }
    byte[] bytes = new byte[CHECKED];
    in.get(0, bytes);
    if (checksum(bytes) != in.getInt(CHECKED)) {
      return Optional.empty();
    }
    return Optional.of(
        new SegmentHeader(
            new Framing(in.getInt(12), in.getLong(16)),
            Math.max(0, in.getLong(CHECKED + 4)),
            Math.max(0, in.getLong(CHECKED + 12))));
  }

  private static int checksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, CHECKED);
    return (int) crc.getValue();
  }
}
