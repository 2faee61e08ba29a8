package io.pgstitch.collector.bind;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Values that TOAST compressed are unpacked as far as they were read; others never do harm. */
class CompressedValueTest {
  /** pglz: "abc" and a copy of it for 18 + 4 bytes, then "!". */
  private static final String PGLZ = "1a000000" + "08" + "616263" + "0f0304" + "21";

  /** LZ4: the same, the copy 22 long. */
  private static final String LZ4 = "1a000040" + "3f" + "616263" + "0300" + "03" + "1021";

  private static final String VALUE = "abc".repeat(9).substring(0, 25) + "!";

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  private static String unpacked(byte[] packed, int most) {
    return new String(
        CompressedValue.of(packed).orElseThrow().unpack(most).orElse(new byte[0]), US_ASCII);
  }

  @Test
  void bothMethodsAreRead() {
    for (String packed : new String[] {PGLZ, LZ4}) {
      assertThat(CompressedValue.of(bytes(packed)).orElseThrow().length()).isEqualTo(26);
      assertThat(unpacked(bytes(packed), 4096)).isEqualTo(VALUE);
      assertThat(unpacked(bytes(packed), 7)).isEqualTo(VALUE.substring(0, 7));
    }
  }

  @Test
  void theBeginningIsReadWithoutTheEnd() {
    for (String packed : new String[] {PGLZ, LZ4}) {
      byte[] whole = bytes(packed);
      for (int n = 4; n < whole.length; n++) {
        assertThat(VALUE).startsWith(unpacked(Arrays.copyOf(whole, n), 4096));
      }
    }
    assertThat(CompressedValue.of(new byte[3])).isEmpty();
  }

  @Test
  void whatIsNoSuchValueIsRefused() {
    assertThat(unpacked(bytes("1a000080" + "08616263"), 4096)).isEmpty();
    assertThat(unpacked(bytes("1a000000" + "01" + "0f00"), 4096)).isEmpty();
    assertThat(unpacked(bytes("1a000040" + "10" + "61" + "0900"), 4096)).isEmpty();
    Random random = new Random(3);
    for (int i = 0; i < 20_000; i++) {
      byte[] any = new byte[4 + random.nextInt(60)];
      random.nextBytes(any);
      any[3] &= 0x41;
      assertThat(unpacked(any, 4096).length()).isLessThanOrEqualTo(4096);
    }
  }
}
