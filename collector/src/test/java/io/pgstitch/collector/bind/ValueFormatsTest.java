package io.pgstitch.collector.bind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgstitch.collector.postgres.DataType;
import io.pgstitch.collector.postgres.DataTypes;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values made by hand from the formats of PostgreSQL's sources; BindsIT has those of servers. */
class ValueFormatsTest {
  private static final int MAJOR = 17;

  private static String print(int major, Charset charset, String type, byte[] bytes)
      throws UndecodableException {
    DataType found =
        DataTypes.of(major).all().stream()
            .filter(t -> t.name().equals(type))
            .findFirst()
            .orElseThrow();
    return ValueFormats.of(major, charset)
        .format(found)
        .print(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
  }

  private static String print(String type, String hex) throws UndecodableException {
    return print(MAJOR, StandardCharsets.UTF_8, type, HexFormat.of().parseHex(hex));
  }

  @ParameterizedTest
  @CsvSource({
    "int2, ffff, -1",
    "int8, 0000000000000080, -9223372036854775808",
    "bool, 01, t",
    "float4, 00000080, -0",
    "float4, 0000807f, Infinity",
    "float8, 000000000000f87f, NaN",
    "float8, 9a9999999999b93f, 0.1",
    "float8, 0100000000000000, 5e-324",
    // short header: weight 0, scale 2, digits 12, 3400
    "numeric, 00810c00480d, 12.34",
    // long header: the same number, negative
    "numeric, 024000000c00480d, -12.34",
    "numeric, 00c0, NaN",
    "numeric, 00d0, Infinity",
    "numeric, 00f0, -Infinity",
    "numeric, 0080, 0",
    "date, 00000000, 2000-01-01",
    "date, ffffff7f, infinity",
    "date, ffffffff, 1999-12-31",
    "time, 0060d71d14000000, 24:00:00",
    "timetz, 0000000000000000a8b2ffff, 00:00:00+05:30",
    "timestamp, ffffffffffffffff, 1999-12-31 23:59:59.999999",
    "timestamptz, 0000000000000080, -infinity",
    "interval, 0000000000000000ffffffff01000000, 1 mon -1 days",
    "uuid, a0eebc999c0b4ef8bb6d6bb9bd380a11, a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    "inet, 0218c0a80000, 192.168.0.0/24",
    "cidr, 022001020304, 1.2.3.4/32",
    "inet, 038000000000000000000000ffff01020304, ::ffff:1.2.3.4",
    "bytea, 00ff, \\x00ff",
    "varbit, 03000000a0, 101",
    "tid, 010000000700, '(65536,7)'",
    "pg_lsn, 48d874b316000000, 16/B374D848",
    "char, 41, A",
    // an object of one pair: key with its end, true, the key's bytes
    "jsonb, 01000020010000800000003061, '{\"a\": true}'",
  })
  void isPrinted(String type, String hex, String expected) throws UndecodableException {
    assertThat(print(type, hex)).isEqualTo(expected);
  }

  @Test
  void theLargestIntervalIsInfinityOnlyWhereThereIsOne() throws UndecodableException {
    byte[] largest = HexFormat.of().parseHex("ffffffffffffff7fffffff7fffffff7f");
    assertThat(print(17, StandardCharsets.UTF_8, "interval", largest)).isEqualTo("infinity");
    assertThat(print(16, StandardCharsets.UTF_8, "interval", largest))
        .isEqualTo("178956970 years 7 mons 2147483647 days 2562047788:00:54.775807");
  }

  @Test
  void anArrayKeepsBoundsNullsAndQuotes() throws UndecodableException {
    // one dimension, data behind a bitmap, text, 3 elements from 0: 'a', null, 'b c'
    String head = "01000000" + "20000000" + "19000000" + "03000000" + "00000000" + "05000000";
    String hex = head + "00000000" + "0561" + "09622063";
    assertThat(print("_text", hex)).isEqualTo("[0:2]={a,NULL,\"b c\"}");
  }

  @Test
  void aTextIsReadInTheDatabasesEncoding() throws UndecodableException {
    byte[] latin = {(byte) 0xe9};
    assertThat(print(MAJOR, StandardCharsets.ISO_8859_1, "text", latin)).isEqualTo("é");
    assertThatThrownBy(() -> print(MAJOR, StandardCharsets.UTF_8, "text", latin))
        .isInstanceOf(UndecodableException.class)
        .hasMessage("not text");
  }

  @Test
  void theBeginningOfATextLosesHalfACharacter() throws UndecodableException {
    byte[] bytes = "aé".getBytes(StandardCharsets.UTF_8);
    ValueFormat prefix = ValueFormats.of(MAJOR, StandardCharsets.UTF_8).prefix();
    assertThat(prefix.print(ByteBuffer.wrap(bytes, 0, 2))).isEqualTo("a");
    assertThat(prefix.print(ByteBuffer.wrap(bytes))).isEqualTo("aé");
  }

  @ParameterizedTest
  @ValueSource(ints = {13, 18})
  void bytesOfAnyKindComeToAnEnd(int major) {
    ValueFormats formats = ValueFormats.of(major, StandardCharsets.UTF_8);
    Random random = new Random(20_260_105);
    int printed = 0;
    for (DataType type : DataTypes.of(major).all()) {
      ValueFormat format = formats.format(type);
      for (int i = 0; format != null && i < 300; i++) {
        byte[] bytes = new byte[random.nextInt(80)];
        random.nextBytes(bytes);
        // Small counts and offsets lead further in.
        for (int k = 0; i % 2 == 0 && k < bytes.length; k++) {
          bytes[k] = k % 4 == 0 ? (byte) (bytes[k] & 7) : k % 4 == 3 ? (byte) (bytes[k] & 0x70) : 0;
        }
        try {
          assertThat(format.print(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)))
              .isNotNull();
          printed++;
        } catch (UndecodableException
            | BufferUnderflowException
            | IndexOutOfBoundsException
            | IllegalArgumentException e) {
          // What BindReader turns into hex with a reason.
          assertThat(e).isNotNull();
        }
      }
    }
    assertThat(printed).isPositive();
  }
}
