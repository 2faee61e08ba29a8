package io.pgstitch.collector.mask;

import java.util.Arrays;

/**
 * A SQL text whose literals were replaced, and where the places of the original lie in it. Both
 * count bytes of the server's encoding.
 */
public final class MaskedSql {
  private static final int START = 0;
  private static final int END = 1;
  private static final int MASKED_START = 2;
  private static final int MASKED_END = 3;
  private static final int NUMBERS = 4;

  private final byte[] original;
  private byte[] bytes;
  private int length;
  private int copied;
  private int[] edits = new int[16 * NUMBERS];
  private int count;

  private MaskedSql(byte[] original) {
    this.original = original;
    this.bytes = new byte[original.length + 16];
  }

  /** Of a text in which nothing has been replaced yet. */
  static MaskedSql of(byte[] original) {
    return new MaskedSql(original);
  }

  /** Replaces a piece behind all that were replaced before. */
  void replace(int start, int end, byte[] by) {
    copyTo(start);
    if (count == edits.length) {
      edits = Arrays.copyOf(edits, 2 * count);
    }
    edits[count + START] = start;
    edits[count + END] = end;
    edits[count + MASKED_START] = length;
    append(by, 0, by.length);
    edits[count + MASKED_END] = length;
    count += NUMBERS;
    copied = end;
  }

  /** Nothing more is replaced. */
  MaskedSql finish() {
    copyTo(original.length);
    bytes = count == 0 ? original : Arrays.copyOf(bytes, length);
    return this;
  }

  private void copyTo(int end) {
    append(original, copied, end - copied);
    copied = end;
  }

  private void append(byte[] from, int at, int n) {
    if (length + n > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(length + n, bytes.length + bytes.length / 2));
    }
    System.arraycopy(from, at, bytes, length, n);
    length += n;
  }

  /** The text; the original's array when there was nothing to replace. */
  public byte[] bytes() {
    return bytes;
  }

  /** How many pieces were replaced. */
  public int replaced() {
    return count / NUMBERS;
  }

  /**
   * Where a place of the original lies. A place inside a piece that was replaced is its end; places
   * that are not known (negative) stay.
   */
  public int offset(int place) {
    int low = 0;
    int high = count / NUMBERS;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (edits[middle * NUMBERS + START] < place) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low == 0) {
      return place;
    }
    int edit = (low - 1) * NUMBERS;
    return edits[edit + MASKED_END] + Math.max(0, place - edits[edit + END]);
  }
}
