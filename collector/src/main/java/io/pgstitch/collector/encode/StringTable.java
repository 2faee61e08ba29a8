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

  private static final class Text {
    private final byte[] bytes;
    private final int hash;

    Text(byte[] bytes) {
      this.bytes = bytes;
      this.hash = Arrays.hashCode(bytes);
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
    return indexes.computeIfAbsent(
        new Text(bytes),
        t -> {
          texts.add(bytes);
          return texts.size() - 1;
        });
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
