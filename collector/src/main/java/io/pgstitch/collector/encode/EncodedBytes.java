package io.pgstitch.collector.encode;

import java.io.OutputStream;
import java.util.Arrays;

/**
 * Bytes of one part of a batch, kept for the next batch: {@link java.io.ByteArrayOutputStream}
 * without its lock, and without a copy when it is read.
 */
final class EncodedBytes extends OutputStream {
  private byte[] bytes;
  private int size;

  EncodedBytes(int room) {
    bytes = new byte[room];
  }

  @Override
  public void write(int b) {
    reserve(1);
    bytes[size++] = (byte) b;
  }

  @Override
  public void write(byte[] from, int at, int count) {
    reserve(count);
    System.arraycopy(from, at, bytes, size, count);
    size += count;
  }

  private void reserve(int more) {
    if (size + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(size + more, 2 * bytes.length));
    }
  }

  int size() {
    return size;
  }

  void clear() {
    size = 0;
  }

  /**
   * Copies all of it to a place of another array.
   *
   * @return the place behind it
   */
  int copyTo(byte[] target, int at) {
    System.arraycopy(bytes, 0, target, at, size);
    return at + size;
  }
}
