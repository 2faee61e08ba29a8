package io.pgstitch.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.Encoder;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.Test;

/** Held against Avro's own encoder. */
class ByteSinkAndSourceTest {
  private static final int ROUNDS = 2_000;
  private static final String[] LETTERS = {"a", "0", "_", " ", "\u00e9", "\u20ac", "\ud83d\ude00"};

  private final Random random = new Random(7);
  private final ByteSink sink = new ByteSink();
  private final ByteSource source = new ByteSource();

  @Test
  void numbersOfEveryLengthAreAvros() throws IOException {
    List<Long> numbers = new ArrayList<>(List.of(0L, Long.MIN_VALUE, Long.MAX_VALUE));
    for (int i = 0; i < ROUNDS; i++) {
      numbers.add(random.nextLong() >> random.nextInt(Long.SIZE));
    }
    byte[] bytes =
        written(
            to -> {
              for (long number : numbers) {
                to.writeLong(number);
                to.writeInt((int) number);
                to.writeDouble(Double.longBitsToDouble(number));
                to.writeFloat(number);
                to.writeBoolean(number < 0);
              }
            });
    source.over(bytes);
    for (long number : numbers) {
      assertThat(source.readLong()).isEqualTo(number);
      assertThat(source.readInt()).isEqualTo((int) number);
      assertThat(Double.doubleToRawLongBits(source.readDouble())).isEqualTo(number);
      assertThat(source.readFloat()).isEqualTo((float) number);
      assertThat(source.readBoolean()).isEqualTo(number < 0);
    }
    assertThat(source.isEnd()).isTrue();
  }

  @Test
  void textsAreAvrosHoweverOftenTheyCome() throws IOException {
    List<String> texts = new ArrayList<>(List.of("", "a".repeat(63), "a".repeat(64)));
    for (int i = 0; i < ROUNDS; i++) {
      texts.add(i % 3 == 0 ? texts.get(random.nextInt(texts.size())) : text());
    }
    byte[] bytes =
        written(
            to -> {
              for (String text : texts) {
                to.writeString(text);
              }
            });
    for (int round = 0; round < 3; round++) {
      source.over(bytes);
      for (String text : texts) {
        assertThat(source.readString()).isEqualTo(text);
      }
      assertThat(source.isEnd()).isTrue();
    }
  }

  /** Texts of all lengths, most of ASCII, many that differ from others in one letter alone. */
  private String text() {
    int kinds = random.nextInt(4) == 0 ? LETTERS.length : 4;
    int length = random.nextInt(random.nextInt(10) == 0 ? 700 : 40);
    StringBuilder text = new StringBuilder();
    while (text.length() < length) {
      text.append(random.nextInt(8) == 0 ? LETTERS[random.nextInt(kinds)] : "x");
    }
    return text.toString();
  }

  @Test
  void aTextThatComesOftenIsTheSameObject() throws IOException {
    byte[] bytes = written(to -> to.writeString("standard_ExecutorRun"));
    source.over(bytes).readString();
    String second = source.over(bytes).readString();
    assertThat(source.over(bytes).readString()).isSameAs(second);
  }

  @Test
  void blocksOfAnArrayMayTellTheirSize() throws IOException {
    byte[] bytes =
        written(
            to -> {
              to.writeLong(-2);
              to.writeLong(2);
              to.writeInt(5);
              to.writeInt(6);
              to.writeLong(0);
            });
    source.over(bytes);
    assertThat(source.readArrayStart()).isEqualTo(2);
    assertThat(source.readInt()).isEqualTo(5);
    assertThat(source.readInt()).isEqualTo(6);
    assertThat(source.arrayNext()).isZero();
    assertThat(source.over(bytes).skipArray()).isZero();
    assertThat(source.isEnd()).isTrue();
  }

  @Test
  void bytesAreAvros() throws IOException {
    byte[] content = new byte[10_000];
    random.nextBytes(content);
    byte[] bytes = written(to -> to.writeBytes(content));
    assertThat(source.over(bytes).readBytes(null)).isEqualTo(ByteBuffer.wrap(content));
  }

  @Test
  void whatIsTooLongOrTooShortIsRefused() throws IOException {
    byte[] longer = written(to -> to.writeLong(1_000));
    assertThatThrownBy(() -> source.over(longer).readString()).isInstanceOf(EOFException.class);
    byte[] negative = written(to -> to.writeLong(-1));
    assertThatThrownBy(() -> source.over(negative).readString())
        .isInstanceOf(AvroRuntimeException.class);
    byte[] endless = new byte[11];
    Arrays.fill(endless, (byte) 0x80);
    assertThatThrownBy(() -> source.over(endless).readLong())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("10 bytes");
    byte[] large = written(to -> to.writeLong(1L << 40));
    assertThatThrownBy(() -> source.over(large).readInt())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("too large");
  }

  /** What both write. */
  private byte[] written(Content content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder avro = EncoderFactory.get().binaryEncoder(bytes, null);
    content.write(avro);
    avro.flush();
    sink.clear();
    content.write(sink);
    assertThat(sink.toByteArray()).isEqualTo(bytes.toByteArray());
    return bytes.toByteArray();
  }

  private interface Content {
    void write(Encoder to) throws IOException;
  }
}
