package io.pgstitch.collector.spool;

import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/** LZ4 blocks. Falls back to Java where its native library cannot be loaded. */
final class Compression {
  private final LZ4Compressor compressor;
  private final LZ4SafeDecompressor decompressor;

  Compression() {
    LZ4Factory factory = LZ4Factory.fastestInstance();
    this.compressor = factory.fastCompressor();
    this.decompressor = factory.safeDecompressor();
  }

  int mostBytes(int length) {
    return compressor.maxCompressedLength(length);
  }

  /** Writes the compressed bytes at the position of a buffer with an array. */
  void compress(byte[] value, ByteBuffer out) {
    int written =
        compressor.compress(
            value, 0, value.length, out.array(), out.arrayOffset() + out.position());
    out.position(out.position() + written);
  }

  /**
   * The bytes that the rest of a buffer holds.
   *
   * @param length how many they are
   * @throws IllegalArgumentException when they are not
   */
  byte[] decompress(ByteBuffer in, int length) {
    byte[] value = new byte[length];
    try {
      int got =
          decompressor.decompress(
              in.array(), in.arrayOffset() + in.position(), in.remaining(), value, 0, value.length);
      if (got != length) {
        throw new IllegalArgumentException("a value of " + got + " bytes instead of " + length);
      }
    } catch (LZ4Exception e) {
      throw new IllegalArgumentException("not LZ4", e);
    }
    return value;
  }
}
