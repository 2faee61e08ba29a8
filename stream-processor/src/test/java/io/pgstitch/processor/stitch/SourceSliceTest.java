package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Byte offsets of the server against texts whose characters have one to four bytes. */
class SourceSliceTest {
  private static final String FIRST = "select 'é€😀'";
  private static final String SECOND = " select '日本'";
  private static final String ALL = FIRST + ";" + SECOND;

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  @Test
  void lengthCountsBytes() {
    assertThat(SourceSlice.of(ALL, 0, bytes(FIRST))).isEqualTo(FIRST);
  }

  @Test
  void locationCountsBytesAndWhiteSpaceIsDropped() {
    assertThat(SourceSlice.of(ALL, bytes(FIRST) + 1, bytes(SECOND))).isEqualTo("select '日本'");
  }

  @Test
  void lengthZeroIsToTheEnd() {
    assertThat(SourceSlice.of(ALL, bytes(FIRST) + 1, 0)).isEqualTo("select '日本'");
  }

  @Test
  void unknownPlaceIsTheWholeText() {
    assertThat(SourceSlice.of(ALL, -1, 0)).isEqualTo(ALL);
    assertThat(SourceSlice.of(ALL, 0, 0)).isEqualTo(ALL);
  }

  @Test
  void placeBeyondATextThatWasCutIsTheWholeText() {
    assertThat(SourceSlice.of(ALL, 5_000, 10)).isEqualTo(ALL);
  }

  @Test
  void lengthBeyondATextThatWasCutIsToItsEnd() {
    assertThat(SourceSlice.of(ALL, bytes(FIRST) + 1, 5_000)).isEqualTo("select '日本'");
  }
}
