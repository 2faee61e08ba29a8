package io.pgstitch.collector.encode;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.junit.jupiter.api.Test;

/** A batch's dictionary, read back by Avro's own decoder. */
final class StringTableTest {
  private final StringTable table = new StringTable();

  private int indexOf(String text) {
    return table.indexOf(text.getBytes(StandardCharsets.UTF_8));
  }

  private List<String> texts() throws IOException {
    byte[] bytes = new byte[3 + table.size()];
    assertThat(table.copyTo(bytes, 3)).isEqualTo(bytes.length);
    BinaryDecoder in = DecoderFactory.get().binaryDecoder(bytes, 3, table.size(), null);
    List<String> texts = new ArrayList<>();
    while (!in.isEnd()) {
      texts.add(in.readString());
    }
    assertThat(texts).hasSize(table.count());
    return texts;
  }

  @Test
  void eachTextHasOneIndexInTheOrderOfItsFirstUse() throws IOException {
    assertThat(indexOf("b")).isEqualTo(1);
    assertThat(indexOf("")).isZero();
    assertThat(indexOf("a")).isEqualTo(2);
    assertThat(indexOf("b")).isEqualTo(1);
    assertThat(texts()).containsExactly("", "b", "a");
  }

  @Test
  void textsOfOneHashAreToldApart() throws IOException {
    // Both have the hash of the other in any sum of powers of 31.
    assertThat(indexOf("Aa")).isEqualTo(1);
    assertThat(indexOf("BB")).isEqualTo(2);
    assertThat(indexOf("Aa")).isEqualTo(1);
    assertThat(texts()).containsExactly("", "Aa", "BB");
  }

  @Test
  void manyAndLongTextsAreKept() throws IOException {
    List<String> expected = new ArrayList<>(List.of(""));
    for (int i = 1; i <= 10_000; i++) {
      expected.add("select " + i);
      assertThat(indexOf("select " + i)).isEqualTo(i);
    }
    expected.add("x".repeat(300_000));
    assertThat(indexOf("x".repeat(300_000))).isEqualTo(10_001);
    for (int i = 1; i <= 10_001; i++) {
      assertThat(indexOf(expected.get(i))).isEqualTo(i);
    }
    assertThat(texts()).isEqualTo(expected);
  }

  @Test
  void aNewBatchBeginsWithNoText() throws IOException {
    for (int texts : new int[] {10, 10_000, 10}) {
      for (int i = 1; i <= texts; i++) {
        assertThat(indexOf("t" + i)).isEqualTo(i);
      }
      table.clear();
      assertThat(texts()).containsExactly("");
    }
    assertThat(indexOf("t2")).isEqualTo(1);
  }
}
