package io.pgstitch.schema;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.avro.io.BinaryEncoder;

/**
 * Avro's binary encoding into an array that grows and is used again. Avro's own encoders write into
 * a stream, through a buffer of their own, and make an array of each text first.
 *
 * <p>Not safe for several threads.
 */
public final class ByteSink extends BinaryEncoder {
  private static final int LONGEST_NUMBER = 10;

  /** Bits in eight groups of seven, of which each byte of a number holds one. */
  private static final int EIGHT_GROUPS = 56;

  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** In a byte of a number: another one follows. */
  private static final long MORE = 0x8080808080808080L;

  private static final int LARGEST_KEPT = 4 << 20;

  /** A length up to this is one byte. */
  private static final int SHORT = 63;

  private final KnownBackend backends = new KnownBackend();

  /** Null until a name is written: few sinks ever see one, and some are made for a single value. */
  private KnownNames names;

  private byte[] bytes;
  private int size;

  /** An empty one. */
  public ByteSink() {
    this.bytes = new byte[4096];
  }

  /** Forgets what was written. One huge record does not hold its memory for ever. */
  public void clear() {
    size = 0;
    if (bytes.length > LARGEST_KEPT) {
      bytes = new byte[4096];
    }
  }

  /** What was written, as an array of that length. */
  public byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  @Override
  protected void writeZero() {
    room(1);
    bytes[size++] = 0;
  }

  @Override
  public void writeBoolean(boolean value) {
    room(1);
    bytes[size++] = (byte) (value ? 1 : 0);
  }

  @Override
  public void writeInt(int value) {
    writeLong(value);
  }

  @Override
  public void writeLong(long value) {
    room(LONGEST_NUMBER);
    byte[] to = bytes;
    int at = size;
    long rest = (value << 1) ^ (value >> 63);
    if ((rest & ~0x7fL) == 0) {
      to[at] = (byte) rest;
      size = at + 1;
    } else if (rest >>> EIGHT_GROUPS == 0) {
      // All bytes at once, and some more that the next ones replace: lengths cannot be foretold.
      int groups = (Long.SIZE + 6 - Long.numberOfLeadingZeros(rest)) / 7;
      EIGHT.set(to, at, groups(rest) | (MORE & (1L << 8 * groups - 8) - 1));
      size = at + groups;
    } else {
      // Times are of this kind.
      EIGHT.set(to, at, groups(rest) | MORE);
      at += Long.BYTES;
      rest >>>= EIGHT_GROUPS;
      if (rest > 0x7f) {
        to[at++] = (byte) (rest | 0x80);
        rest >>>= 7;
      }
      to[at] = (byte) rest;
      size = at + 1;
    }
  }

  /** The lower 56 bits in groups of seven, each in a byte. */
  private static long groups(long value) {
    long halves = (value & 0xfffffffL) | (value & 0xfffffff0000000L) << 4;
    long quarters = (halves & 0x3fff00003fffL) | (halves & 0xfffc0000fffc000L) << 2;
    return (quarters & 0x7f007f007f007fL) | (quarters & 0x3f803f803f803f80L) << 1;
  }

  @Override
  public void writeFloat(float value) {
    writeLittleEndian(Float.floatToRawIntBits(value), Float.BYTES);
  }

  @Override
  public void writeDouble(double value) {
    writeLittleEndian(Double.doubleToRawLongBits(value), Double.BYTES);
  }

  private void writeLittleEndian(long value, int count) {
    room(count);
    for (int i = 0; i < count; i++) {
      bytes[size++] = (byte) (value >>> (Byte.SIZE * i));
    }
  }

  @Override
  public void writeString(CharSequence text) throws IOException {
    writeString(text.toString());
  }

  /** Short texts, ids and names, are copied letter by letter, without an array of their own. */
  @Override
  public void writeString(String text) {
    int length = text.length();
    if (length > SHORT || !writeAscii(text, length)) {
      byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
      writeInt(encoded.length);
      writeFixed(encoded, 0, encoded.length);
    }
  }

  /** Writes a text that is likely to come again as the same object. */
  void writeName(String name) {
    byte[] known = names().of(name);
    if (known == null) {
      writeString(name);
    } else {
      writeFixed(known, 0, known.length);
    }
  }

  /** Writes nothing and says so when there are other letters. */
  private boolean writeAscii(String text, int length) {
    room(1 + length);
    for (int i = 0; i < length; i++) {
      char letter = text.charAt(i);
      if (letter >= 0x80) {
        return false;
      }
      bytes[size + 1 + i] = (byte) letter;
    }
    bytes[size] = (byte) (length << 1);
    size += 1 + length;
    return true;
  }

  @Override
  public void writeFixed(byte[] from, int start, int length) {
    room(length);
    System.arraycopy(from, start, bytes, size, length);
    size += length;
  }

  /**
   * So many zero bytes: numbers that are 0, flags that are false, texts that are empty or absent.
   */
  void writeZeros(int count) {
    room(count + Long.BYTES);
    for (int i = 0; i < count; i += Long.BYTES) {
      EIGHT.set(bytes, size + i, 0L);
    }
    size += count;
  }

  /** As many bytes as were written so far. */
  int size() {
    return size;
  }

  /** What was written from a place on. */
  byte[] since(int place) {
    return Arrays.copyOfRange(bytes, place, size);
  }

  /** Writes the backends of records. */
  KnownBackend backends() {
    return backends;
  }

  private KnownNames names() {
    if (names == null) {
      names = new KnownNames();
    }
    return names;
  }

  private void room(int more) {
    if (bytes.length - size < more) {
      grow(more);
    }
  }

  private void grow(int more) {
    long wanted = Math.max((long) size + more, 2L * bytes.length);
    bytes = Arrays.copyOf(bytes, (int) Math.min(wanted, Integer.MAX_VALUE - 8));
  }

  @Override
  public int bytesBuffered() {
    return 0;
  }

  @Override
  public void flush() {
    // Nothing is held back.
  }
}
