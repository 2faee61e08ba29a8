package io.pgstitch.schema;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Texts that were read lately, by their UTF-8. Records repeat the same few hundred: names of
 * servers, databases, functions and waits, and statements. One that is here is not decoded again,
 * and its hash is computed once. Each has one place, by its bytes. What comes there twice in a row
 * takes it, so that ids, which come once, cost nothing.
 */
final class KnownTexts {
  private static final int PLACES = 1024;
  private static final int PLACE_SHIFT = Long.SIZE - 10; // as many as there are places
  private static final int LONGEST = 512;
  private static final int EDGE = Long.BYTES;
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private final byte[][] keys = new byte[PLACES][];
  private final String[] texts = new String[PLACES];

  /** Hashes of the last texts that were not there. */
  private final long[] lately = new long[PLACES];

  /** The text that these bytes are. */
  String of(byte[] bytes, int from, int length) {
    if (length == 0) {
      return "";
    }
    if (length > LONGEST) {
      return new String(bytes, from, length, StandardCharsets.UTF_8);
    }
    long hash = hash(bytes, from, length);
    int place = (int) (hash >>> PLACE_SHIFT);
    byte[] key = keys[place];
    if (key != null && Arrays.equals(key, 0, key.length, bytes, from, from + length)) {
      return texts[place];
    }
    String text = new String(bytes, from, length, StandardCharsets.UTF_8);
    if (lately[place] == hash) {
      keys[place] = Arrays.copyOfRange(bytes, from, from + length);
      texts[place] = text;
    }
    lately[place] = hash;
    return text;
  }

  /** By its length and the bytes at both ends and in the middle. */
  private static long hash(byte[] bytes, int from, int length) {
    long hash = length;
    if (length < EDGE) {
      for (int i = 0; i < length; i++) {
        hash = hash << Byte.SIZE ^ hash >>> 48 ^ bytes[from + i];
      }
    } else {
      int last = length - EDGE;
      hash = mix(hash, bytes, from);
      hash = mix(hash, bytes, from + last / 2);
      hash = mix(hash, bytes, from + last);
    }
    return hash * GOLDEN;
  }

  private static long mix(long hash, byte[] bytes, int at) {
    return (hash ^ (long) LONGS.get(bytes, at)) * GOLDEN ^ hash >>> 29;
  }
}
