package io.pgstitch.collector.bind;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Locale;

/** Values that are bytes to the server too: bytea, uuid, addresses, bit strings, tid, pg_lsn. */
final class BinaryFormats {
  private static final HexFormat HEX = HexFormat.of();
  private static final int FAMILY_INET = 2;
  private static final int FAMILY_INET6 = 3;

  private BinaryFormats() {}

  static String hex(ByteBuffer value) {
    return "\\x" + HEX.formatHex(bytes(value, value.remaining()));
  }

  static String uuid(ByteBuffer value) {
    String digits = HEX.formatHex(bytes(value, 16));
    return String.join(
        "-",
        digits.substring(0, 8),
        digits.substring(8, 12),
        digits.substring(12, 16),
        digits.substring(16, 20),
        digits.substring(20));
  }

  static String macaddr(ByteBuffer value) {
    return HexFormat.ofDelimiter(":").formatHex(bytes(value, 6));
  }

  static String macaddr8(ByteBuffer value) {
    return HexFormat.ofDelimiter(":").formatHex(bytes(value, 8));
  }

  static String bits(ByteBuffer value) throws UndecodableException {
    int count = value.getInt();
    if (count < 0 || (count + 7L) / 8 > value.remaining()) {
      throw new UndecodableException("damaged");
    }
    StringBuilder text = new StringBuilder(count);
    int start = value.position();
    for (int i = 0; i < count; i++) {
      text.append((value.get(start + i / 8) >> (7 - i % 8) & 1) == 0 ? '0' : '1');
    }
    return text.toString();
  }

  /** A block number in two halves and a line number (ItemPointerData). */
  static String tid(ByteBuffer value) {
    long high = value.getShort() & 0xffff;
    long low = value.getShort() & 0xffff;
    return "(" + (high << 16 | low) + "," + (value.getShort() & 0xffff) + ")";
  }

  static String lsn(ByteBuffer value) {
    long lsn = value.getLong();
    return (Long.toHexString(lsn >>> 32) + "/" + Long.toHexString(lsn & 0xffffffffL))
        .toUpperCase(Locale.ROOT);
  }

  static String inet(ByteBuffer value) throws UndecodableException {
    return address(value, false);
  }

  static String cidr(ByteBuffer value) throws UndecodableException {
    return address(value, true);
  }

  /** Family, bits of the mask, address (inet_struct of utils/inet.h). */
  private static String address(ByteBuffer value, boolean alwaysWithBits)
      throws UndecodableException {
    int family = value.get();
    int bits = value.get() & 0xff;
    if (family != FAMILY_INET && family != FAMILY_INET6) {
      throw new UndecodableException("damaged");
    }
    int whole = family == FAMILY_INET ? 32 : 128;
    String text = family == FAMILY_INET ? dotted(value) : colons(value);
    return bits != whole || alwaysWithBits ? text + "/" + bits : text;
  }

  private static String dotted(ByteBuffer value) {
    return (value.get() & 0xff)
        + "."
        + (value.get() & 0xff)
        + "."
        + (value.get() & 0xff)
        + "."
        + (value.get() & 0xff);
  }

  /**
   * The longest run of at least two zero words is left out; an IPv4 address at the end is dotted.
   */
  private static String colons(ByteBuffer value) {
    int start = value.position();
    int[] words = new int[8];
    for (int i = 0; i < words.length; i++) {
      words[i] = (value.get() & 0xff) << 8 | value.get() & 0xff;
    }
    int from = -1;
    int length = 1;
    for (int i = 0; i < words.length; i++) {
      int end = i;
      while (end < words.length && words[end] == 0) {
        end++;
      }
      if (end - i > length) {
        from = i;
        length = end - i;
      }
      i = Math.max(i, end - 1);
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < words.length; i++) {
      if (from >= 0 && i >= from && i < from + length) {
        text.append(i == from ? ":" : "");
        continue;
      }
      text.append(i == 0 ? "" : ":");
      if (i == 6 && from == 0 && isEmbedded(words, length)) {
        return text + dotted(value.position(start + 12));
      }
      text.append(Integer.toHexString(words[i]));
    }
    return from >= 0 && from + length == words.length ? text + ":" : text.toString();
  }

  private static boolean isEmbedded(int[] words, int zeros) {
    return zeros == 6 || (zeros == 7 && words[7] != 1) || (zeros == 5 && words[5] == 0xffff);
  }

  private static byte[] bytes(ByteBuffer value, int count) {
    byte[] bytes = new byte[count];
    value.get(bytes);
    return bytes;
  }
}
