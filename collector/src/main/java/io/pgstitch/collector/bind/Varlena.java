package io.pgstitch.collector.bind;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A value with a length before it (postgres.h, varatt.h), inside another value. */
final class Varlena {
  private static final int EXTERNAL = 1;

  private Varlena() {}

  /** The bytes of the value whose header is at an index; it must be neither external nor packed. */
  static ByteBuffer at(ByteBuffer value, int index) throws UndecodableException {
    int first = value.get(index) & 0xff;
    if (first == EXTERNAL) {
      throw new UndecodableException("toasted");
    }
    boolean isShort = (first & 1) != 0;
    int header = isShort ? 1 : 4;
    int length = size(value, index) - header;
    if (length < 0 || length > value.limit() - index - header) {
      throw new UndecodableException("damaged");
    }
    return value.slice(index + header, length).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Its bytes with the header. */
  static int size(ByteBuffer value, int index) throws UndecodableException {
    int first = value.get(index) & 0xff;
    if ((first & 1) != 0) {
      return first >> 1;
    }
    if ((first & 3) != 0) {
      throw new UndecodableException("compressed");
    }
    return value.getInt(index) >>> 2;
  }
}
