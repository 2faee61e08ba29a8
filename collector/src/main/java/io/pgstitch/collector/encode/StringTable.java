package io.pgstitch.collector.encode;

import java.util.Arrays;

/**
 * The dictionary of one batch: each text once, named by its index; index 0 is the empty text. Texts
 * are kept as the bytes they are sent as, one behind the other in Avro's form, so that neither a
 * look-up nor a new text takes an object.
 */
final class StringTable {
  private static final int TEXTS = 64;

  /** A dictionary that was larger gives its memory back. */
  private static final int MOST_KEPT_BYTES = 64 * 1024;

  private static final int MOST_KEPT_TEXTS = 4096;

  private byte[] bytes;
  private int size;

  /** Where each text begins behind its length, how long it is, and its hash. */
  private int[] starts;

  private int[] lengths;
  private int[] hashes;
  private int count;

  /** Open addressing: the index of a text, 0 for none. Twice as many as there is room for texts. */
  private int[] slots;

  StringTable() {
    begin();
  }

  private void begin() {
    bytes = new byte[1024];
    starts = new int[TEXTS];
    lengths = new int[TEXTS];
    hashes = new int[TEXTS];
    slots = new int[2 * TEXTS];
    empty();
  }

  private void empty() {
    count = 1;
    size = Varint.write(0, bytes, 0);
    starts[0] = size;
    lengths[0] = 0;
  }

  /** The text's index, which it gets now when it has none. */
  int indexOf(byte[] text) {
    if (text.length == 0) {
      return 0;
    }
    int hash = Arrays.hashCode(text);
    int slot = slotOf(text, hash);
    int known = slots[slot];
    if (known != 0) {
      return known;
    }
    int index = append(text, hash);
    slots[slot] = index;
    if (count == starts.length) {
      grow();
    }
    return index;
  }

  private int slotOf(byte[] text, int hash) {
    int slot = home(hash);
    while (slots[slot] != 0 && !isAt(slots[slot], text, hash)) {
      slot = slot + 1 & slots.length - 1;
    }
    return slot;
  }

  private int home(int hash) {
    int mixed = hash * 0x9E3779B9;
    return (mixed ^ mixed >>> 16) & slots.length - 1;
  }

  private boolean isAt(int index, byte[] text, int hash) {
    int start = starts[index];
    return hashes[index] == hash
        && lengths[index] == text.length
        && Arrays.equals(bytes, start, start + text.length, text, 0, text.length);
  }

  private int append(byte[] text, int hash) {
    int needed = size + Varint.MOST_BYTES + text.length;
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(needed, 2 * bytes.length));
    }
    int start = Varint.write(text.length, bytes, size);
    System.arraycopy(text, 0, bytes, start, text.length);
    size = start + text.length;
    starts[count] = start;
    lengths[count] = text.length;
    hashes[count] = hash;
    return count++;
  }

  private void grow() {
    starts = Arrays.copyOf(starts, 2 * count);
    lengths = Arrays.copyOf(lengths, 2 * count);
    hashes = Arrays.copyOf(hashes, 2 * count);
    slots = new int[2 * starts.length];
    for (int i = 1; i < count; i++) {
      int slot = home(hashes[i]);
      while (slots[slot] != 0) {
        slot = slot + 1 & slots.length - 1;
      }
      slots[slot] = i;
    }
  }

  /** How many texts there are, the empty one among them. */
  int count() {
    return count;
  }

  /** Bytes of {@link #copyTo}. */
  int size() {
    return size;
  }

  /**
   * Copies all texts to a place of an array, as the items of an Avro array, each with its length.
   *
   * @return the place behind them
   */
  int copyTo(byte[] target, int at) {
    System.arraycopy(bytes, 0, target, at, size);
    return at + size;
  }

  void clear() {
    if (bytes.length > MOST_KEPT_BYTES || starts.length > MOST_KEPT_TEXTS) {
      begin();
    } else {
      Arrays.fill(slots, 0);
      empty();
    }
  }
}
