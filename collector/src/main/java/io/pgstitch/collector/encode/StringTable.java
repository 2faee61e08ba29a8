package io.pgstitch.collector.encode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The dictionary of one batch: each text once, named by its index; index 0 is the empty text. Texts
 * are kept as the bytes the server had, whatever its encoding.
 */
final class StringTable {
  private final Map<Text, Integer> indexes = new HashMap<>();
  private final List<byte[]> texts = new ArrayList<>();

  /** Looked up with, never kept: most texts of an event are known, and take no object then. */
  private final Text wanted = new Text();

  private static final class Text {
    private byte[] bytes;
    private int hash;

    Text of(byte[] newBytes) {
      bytes = newBytes;
      hash = Arrays.hashCode(newBytes);
      return this;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Text t && Arrays.equals(bytes, t.bytes);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }

  StringTable() {
    clear();
  }

  int indexOf(byte[] bytes) {
    if (bytes.length == 0) {
      return 0;
    }
    Integer known = indexes.get(wanted.of(bytes));
    if (known != null) {
      return known;
    }
    texts.add(bytes);
    indexes.put(new Text().of(bytes), texts.size() - 1);
    return texts.size() - 1;
  }

  List<byte[]> texts() {
    return texts;
  }

  void clear() {
    indexes.clear();
    texts.clear();
    texts.add(new byte[0]);
  }
}
