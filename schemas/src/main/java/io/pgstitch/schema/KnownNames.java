package io.pgstitch.schema;

import java.nio.charset.StandardCharsets;

/**
 * Bytes of names that one sink has written lately: those of functions, waits and relations come
 * again and again as the same objects, as {@link KnownTexts} read them. Each has one place, by its
 * hash; what comes there twice in a row takes it.
 */
final class KnownNames {
  private static final int PLACES = 1024;

  /** A length up to this is one byte. */
  private static final int LONGEST = 63;

  private final String[] names = new String[PLACES];
  private final byte[][] bytes = new byte[PLACES][];
  private final String[] lately = new String[PLACES];

  /** The name's length and letters as Avro writes them, null when they are not known. */
  @SuppressWarnings("ReferenceEquality") // an equal name is written as any text
  byte[] of(String name) {
    int hash = name.hashCode();
    int place = (hash ^ hash >>> 10) & PLACES - 1;
    if (names[place] == name) {
      return bytes[place];
    }
    if (lately[place] == name && name.length() <= LONGEST) {
      byte[] letters = name.getBytes(StandardCharsets.UTF_8);
      if (letters.length <= LONGEST) {
        byte[] all = new byte[1 + letters.length];
        all[0] = (byte) (letters.length << 1);
        System.arraycopy(letters, 0, all, 1, letters.length);
        names[place] = name;
        bytes[place] = all;
      }
    }
    lately[place] = name;
    return null;
  }
}
