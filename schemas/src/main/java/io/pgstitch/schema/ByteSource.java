package io.pgstitch.schema;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.io.Decoder;
import org.apache.avro.util.Utf8;

/**
 * Avro's binary encoding read from an array. Texts that came before, as names of functions and
 * servers do in each record, are the same object again.
 *
 * <p>Errors: {@link EOFException} when the bytes end too early, {@link IOException} for a number
 * that is none and {@link AvroRuntimeException} for a length below zero. Not safe for several
 * threads.
 */
public final class ByteSource extends Decoder {
  private static final int LONGEST_NUMBER = 10;

  private final KnownTexts texts = new KnownTexts();
  private byte[] bytes = {};
  private int position;
  private int end;

  /** Reads these bytes from here on. */
  public ByteSource over(byte[] newBytes) {
    return over(newBytes, 0, newBytes.length);
  }

  /** Reads these bytes from here on, as far as a place. */
  public ByteSource over(byte[] newBytes, int from, int to) {
    bytes = newBytes;
    position = from;
    end = to;
    return this;
  }

  /** Whether all was read. */
  public boolean isEnd() {
    return position >= end;
  }

  private byte next() throws EOFException {
    if (position >= end) {
      throw new EOFException("the bytes end too early");
    }
    return bytes[position++];
  }

  private int take(long length) throws EOFException {
    if (length < 0) {
      throw new AvroRuntimeException("a length is negative: " + length);
    }
    if (length > end - position) {
      throw new EOFException("the bytes end too early");
    }
    int from = position;
    position += (int) length;
    return from;
  }

  @Override
  public void readNull() {
    // Has no bytes.
  }

  @Override
  public boolean readBoolean() throws IOException {
    return next() == 1;
  }

  @Override
  public int readInt() throws IOException {
    long value = readLong();
    if (value != (int) value) {
      throw new IOException("a whole number is too large: " + value);
    }
    return (int) value;
  }

  @Override
  public long readLong() throws IOException {
    byte first = next();
    long value = first >= 0 ? first : further(first & 0x7f);
    return (value >>> 1) ^ -(value & 1);
  }

  private long further(long low) throws IOException {
    long value = low;
    for (int i = 1; i < LONGEST_NUMBER; i++) {
      byte more = next();
      value |= (more & 0x7fL) << (7 * i);
      if (more >= 0) {
        return value;
      }
    }
    throw new IOException("a number has more than " + LONGEST_NUMBER + " bytes");
  }

  @Override
  public float readFloat() throws IOException {
    return Float.intBitsToFloat((int) readLittleEndian(Float.BYTES));
  }

  @Override
  public double readDouble() throws IOException {
    return Double.longBitsToDouble(readLittleEndian(Double.BYTES));
  }

  private long readLittleEndian(int count) throws IOException {
    int from = take(count);
    long value = 0;
    for (int i = count - 1; i >= 0; i--) {
      value = value << Byte.SIZE | (bytes[from + i] & 0xff);
    }
    return value;
  }

  @Override
  public String readString() throws IOException {
    int length = readInt();
    return texts.of(bytes, take(length), length);
  }

  @Override
  public Utf8 readString(Utf8 old) throws IOException {
    return new Utf8(readString());
  }

  @Override
  public void skipString() throws IOException {
    skipBytes();
  }

  @Override
  public ByteBuffer readBytes(ByteBuffer old) throws IOException {
    int length = readInt();
    int from = take(length);
    return ByteBuffer.wrap(Arrays.copyOfRange(bytes, from, from + length));
  }

  @Override
  public void skipBytes() throws IOException {
    take(readLong());
  }

  @Override
  public void readFixed(byte[] to, int start, int length) throws IOException {
    System.arraycopy(bytes, take(length), to, start, length);
  }

  @Override
  public void skipFixed(int length) throws IOException {
    take(length);
  }

  @Override
  public int readEnum() throws IOException {
    return readInt();
  }

  @Override
  public int readIndex() throws IOException {
    return readInt();
  }

  @Override
  public long readArrayStart() throws IOException {
    long count = readLong();
    if (count < 0) {
      readLong(); // how many bytes they have
      count = -count;
    }
    return count;
  }

  @Override
  public long arrayNext() throws IOException {
    return readArrayStart();
  }

  /** Passes over blocks whose size is told; how many elements are in one that does not tell. */
  @Override
  public long skipArray() throws IOException {
    long count = readLong();
    while (count < 0) {
      take(readLong());
      count = readLong();
    }
    return count;
  }

  @Override
  public long readMapStart() throws IOException {
    return readArrayStart();
  }

  @Override
  public long mapNext() throws IOException {
    return readArrayStart();
  }

  @Override
  public long skipMap() throws IOException {
    return skipArray();
  }
}
