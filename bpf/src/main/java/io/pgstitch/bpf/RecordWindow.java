package io.pgstitch.bpf;

import java.nio.ByteBuffer;

/**
 * The record of the drained buffer that is looked at, and how fields of its struct are read, by
 * their offsets in it. A {@link KernelEvent} is one itself, since a header is read for each event;
 * its views look through it.
 */
abstract class RecordWindow {
  /** Bytes of {@code struct event_header}, with which each record begins. */
  static final int HEADER = 48;

  /** NAMEDATALEN of stock builds, for which events.h has room. */
  static final int NAME_LENGTH = 64;

  private static final byte[] NOTHING = {};

  private ByteBuffer buffer;
  private int at;

  final void lookAt(ByteBuffer newBuffer, int offset) {
    this.buffer = newBuffer;
    this.at = offset;
  }

  int next() {
    return at + (length() + 7 & ~7);
  }

  int length() {
    return number(0);
  }

  int kind() {
    return small(4);
  }

  int flags() {
    return number(12);
  }

  /** Two bytes. */
  final short small(int offset) {
    return buffer.getShort(at + offset);
  }

  /** Four bytes. */
  final int number(int offset) {
    return buffer.getInt(at + offset);
  }

  /** Four bytes without a sign, as an OID or a block's number. */
  final long unsigned(int offset) {
    return Integer.toUnsignedLong(number(offset));
  }

  /** Eight bytes. */
  final long word(int offset) {
    return buffer.getLong(at + offset);
  }

  /** A copy of so many bytes; empty when there are none. */
  final byte[] bytes(int offset, int count) {
    if (count <= 0) {
      return NOTHING;
    }
    byte[] bytes = new byte[count];
    copy(offset, bytes, count);
    return bytes;
  }

  final void copy(int offset, byte[] into, int count) {
    buffer.get(at + offset, into, 0, count);
  }

  /** Whether these bytes are there; takes no object. */
  final boolean has(int offset, byte[] bytes) {
    int from = at + offset;
    for (int i = 0; i < bytes.length; i++) {
      if (buffer.get(from + i) != bytes[i]) {
        return false;
      }
    }
    return true;
  }

  /** A copy of a text that ends with a zero, or where its room ends. */
  final byte[] terminated(int offset, int room) {
    int from = at + offset;
    int n = 0;
    while (n < room && buffer.get(from + n) != 0) {
      n++;
    }
    return bytes(offset, n);
  }
}
