package io.pgstitch.collector.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ServerEncodingTest {
  private static final int SQL_ASCII = 0;
  private static final int EUC_JP = 1;
  private static final int LATIN1 = 8;

  @Test
  void utf8AndAsciiStayAsTheyAre() {
    byte[] umlaut = "ä".getBytes(UTF_8);
    byte[] ascii = "select 1".getBytes(UTF_8);

    assertThat(ServerEncoding.of(6).toUtf8(umlaut)).isSameAs(umlaut);
    assertThat(ServerEncoding.of(LATIN1).toUtf8(ascii)).isSameAs(ascii);
  }

  @Test
  void placesMoveWithTheCharactersBeforeThem() {
    byte[] text = "select 'äö'; select 2".getBytes(StandardCharsets.ISO_8859_1);
    ServerEncoding latin1 = ServerEncoding.of(LATIN1);

    assertThat(new String(latin1.toUtf8(text), UTF_8)).isEqualTo("select 'äö'; select 2");
    assertThat(latin1.offsetInUtf8(text, 12)).isEqualTo(14);
    assertThat(latin1.offsetInUtf8(text, 8)).isEqualTo(8);
    assertThat(latin1.offsetInUtf8(text, -1)).isEqualTo(-1);
    assertThat(latin1.offsetInUtf8(text, 1_000)).isEqualTo(text.length + 2);
  }

  @Test
  void characterSetsOfSeveralBytesAreRead() {
    byte[] text = "select '日本'".getBytes(Charset.forName("EUC-JP"));

    assertThat(new String(ServerEncoding.of(EUC_JP).toUtf8(text), UTF_8)).isEqualTo("select '日本'");
  }

  @Test
  void whatCannotBeReadIsShownByteByByte() {
    byte[] text = {'a', (byte) 0xE9, 'b'};

    assertThat(new String(ServerEncoding.of(SQL_ASCII).toUtf8(text), UTF_8)).isEqualTo("a\\xE9b");
    assertThat(new String(ServerEncoding.of(99).toUtf8(text), UTF_8)).isEqualTo("a\\xE9b");
    assertThat(new String(ServerEncoding.UNKNOWN.toUtf8("ä".getBytes(UTF_8)), UTF_8))
        .isEqualTo("ä");
  }
}
